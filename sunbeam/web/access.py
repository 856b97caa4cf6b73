"""Who may look: a token that root prints, sessions that follow from it, and patience with wrong ones.

A session is a signed cookie and nothing is kept of it: whoever has the token's file can check it, so that a
session outlives the process that gave it, and a new token ends all of them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sunbeam.core.snapshot import replace_file

SESSION_SECONDS = 12 * 3600
FREE_ATTEMPTS = 5
LONGEST_WAIT = 300.0
REMEMBERED = 1024
"""Addresses whose wrong attempts are counted."""


@dataclass(frozen=True)
class Session:
    """``expires`` in seconds since 1970; ``form_token`` goes into every form (against forged requests)."""

    id: str
    expires: int
    form_token: str


class Access:
    """The token in ``folder``; it is read at each use, so that a new one counts at once."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        self._file = folder / "token"
        self._now = now

    def ensure_token(self) -> str:
        return self._token() or self.new_token()

    def new_token(self) -> str:
        token = secrets.token_urlsafe(32)
        replace_file(self._file, token.encode(), 0o600)
        return token

    def admits(self, given: str) -> bool:
        """Compared in constant time."""
        token = self._token()
        return bool(token) and hmac.compare_digest(_digest(given), _digest(token))

    def begin(self) -> str:
        """The cookie of a new session."""
        body = f"{secrets.token_urlsafe(12)}.{int(self._now()) + SESSION_SECONDS}"
        return f"{body}.{self._sign('session', body)}"

    def session(self, cookie: str) -> Session | None:
        """The session of ``cookie``; None if it is forged, over, or of an earlier token."""
        body, _, signature = cookie.rpartition(".")
        if not self._token() or not same(signature, self._sign("session", body)):
            return None
        name, _, expires = body.partition(".")
        if int(expires) <= self._now():
            return None
        return Session(name, int(expires), self._sign("form", body))

    def _sign(self, purpose: str, text: str) -> str:
        return hmac.new(self._token().encode(), f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()

    def _token(self) -> str:
        try:
            return self._file.read_text().strip()
        except FileNotFoundError:
            return ""


def same(given: str, wanted: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(_digest(given), _digest(wanted))


class Patience:
    """After five wrong tokens an address waits a second, then two, four, ... five minutes at the most."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, address: str) -> float:
        """Seconds until ``address`` may try again."""
        count, last = self._failures.get(address, (0, 0.0))
        if count < FREE_ATTEMPTS:
            return 0.0
        pause = min(2.0 ** (count - FREE_ATTEMPTS), LONGEST_WAIT)
        return max(0.0, last + pause - self._monotonic())

    def failed(self, address: str) -> None:
        count, _ = self._failures.pop(address, (0, 0.0))
        self._failures[address] = (min(count + 1, 64), self._monotonic())
        while len(self._failures) > REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, address: str) -> None:
        self._failures.pop(address, None)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
