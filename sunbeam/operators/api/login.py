"""Proving who a client is, slower and slower for those who guess."""

from __future__ import annotations

import base64
import binascii
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from sunbeam.operators.api.wire import untag
from sunbeam.operators.entities import User
from sunbeam.operators.operations.errors import OperationError, Unauthorized
from sunbeam.operators.operations.passwords import verify_password
from sunbeam.operators.store import Store

MAX_FAILURES = 8
FAILURE_WINDOW_SECONDS = 60.0
_MAX_PEERS = 4096


class TooManyFailures(OperationError):
    code = "try again"


@dataclass
class LoginThrottle:
    """Counts failed logins per peer and user within a sliding window."""

    clock: Callable[[], float] = monotonic
    _failures: dict[tuple[str, str], deque[float]] = field(default_factory=dict)

    def require_patience(self, peer: str, user: str) -> None:
        """Raises TooManyFailures."""
        failures = self._recent(peer, user)
        if len(failures) >= MAX_FAILURES:
            seconds = int(failures[0] + FAILURE_WINDOW_SECONDS - self.clock()) + 1
            raise TooManyFailures(f"too many failed logins, try again in {seconds} s")

    def failed(self, peer: str, user: str) -> None:
        if len(self._failures) >= _MAX_PEERS:
            self._failures.pop(next(iter(self._failures)))
        self._failures.setdefault((peer, user), deque(maxlen=MAX_FAILURES)).append(self.clock())

    def succeeded(self, peer: str, user: str) -> None:
        self._failures.pop((peer, user), None)

    def _recent(self, peer: str, user: str) -> deque[float]:
        failures = self._failures.get((peer, user), deque())
        while failures and failures[0] <= self.clock() - FAILURE_WINDOW_SECONDS:
            failures.popleft()
        return failures


@dataclass(frozen=True)
class Authenticator:
    store: Store
    throttle: LoginThrottle = field(default_factory=LoginThrottle)

    def login(self, peer: str, auth_tag: str, password: str) -> User:
        """The user of a tag and password.  Raises Unauthorized, TooManyFailures."""
        name = _user_name(auth_tag)
        self.throttle.require_patience(peer, name)
        user = self.store.get(User, "", name)
        known = user is not None and not user.disabled and verify_password(password, user.password_hash)
        if user is None or not known:
            self.throttle.failed(peer, name)
            raise Unauthorized("invalid entity name or password")
        self.throttle.succeeded(peer, name)
        if not user.access:
            raise Unauthorized()
        return user

    def basic(self, peer: str, header: str) -> User:
        """The user of an ``Authorization: Basic`` header.  Raises Unauthorized, TooManyFailures."""
        scheme, _, encoded = header.partition(" ")
        try:
            tag, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            tag, colon, password = "", "", ""
        if scheme.lower() != "basic" or not colon:
            raise Unauthorized("authentication failed: expected basic credentials of a user")
        return self.login(peer, tag, password)


def _user_name(tag: str) -> str:
    try:
        return untag(tag, "user").partition("@")[0]
    except OperationError:
        raise Unauthorized("invalid entity name or password") from None
