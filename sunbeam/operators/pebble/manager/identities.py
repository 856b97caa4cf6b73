"""Who may do what: by the user id at the other end of the socket."""

from __future__ import annotations

import os

from .errors import ApiError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_RANKS = {"untrusted": 0, "metrics": 1, "read": 2, "admin": 3}
_OPEN = 0


class Identities:
    """Root and our own user are administrators; named identities get their access; all others may read.

    Identities live as long as this process.
    """

    def __init__(self) -> None:
        self._known: dict[str, dict[str, Any]] = {}

    def check(self, user: int, needed: str) -> None:
        """``needed`` is open, metrics, read or admin.  Raises ApiError."""
        if _RANKS[self._access(user)] < _RANKS.get(needed, _OPEN):
            raise ApiError(401, "access denied", "login-required")

    def is_admin(self, user: int) -> bool:
        return self._access(user) == "admin"

    def _access(self, user: int) -> str:
        if user in (0, os.geteuid()):
            return "admin"
        for identity in self._known.values():
            if identity.get("local", {}).get("user-id") == user:
                return str(identity["access"])
        return "read"

    def to_json(self) -> dict[str, Any]:
        """Passwords are hidden."""
        shown = {}
        for name, identity in sorted(self._known.items()):
            hidden = {"basic": {"password": "*****"}} if "basic" in identity else {}
            shown[name] = {**identity, **hidden}
        return shown

    def act(self, action: str, identities: dict[str, Any]) -> None:
        """add, update, replace or remove.  Raises ApiError; then nothing changed."""
        if action not in ("add", "update", "replace", "remove"):
            raise ApiError(400, f'invalid action "{action}", must be "add", "update", "replace", or "remove"')
        known = dict(self._known)
        existing = sorted(name for name in identities if name in known)
        missing = sorted(name for name in identities if name not in known)
        if action == "add" and existing:
            raise ApiError(400, f"identities already exist: {', '.join(existing)}")
        if action in ("update", "remove") and missing:
            raise ApiError(400, f"identities do not exist: {', '.join(missing)}")
        for name, identity in identities.items():
            if action == "remove" or (action == "replace" and identity is None):
                known.pop(name, None)
            else:
                known[name] = _checked(name, identity)
        _check_unique(known)
        self._known = known


def _checked(name: str, identity: Any) -> dict[str, Any]:
    if not isinstance(identity, dict) or identity.get("access") not in _RANKS:
        raise ApiError(400, f'identity "{name}" invalid: access must be one of {", ".join(_RANKS)}')
    local, basic = identity.get("local"), identity.get("basic")
    if not local and not basic:
        raise ApiError(400, f'identity "{name}" invalid: must have at least one type ("local" or "basic")')
    if local and not isinstance(local.get("user-id"), int):
        raise ApiError(400, f'identity "{name}" invalid: local identity must specify user-id')
    if basic and not basic.get("password"):
        raise ApiError(400, f'identity "{name}" invalid: basic identity must specify password (hashed)')
    return {key: identity[key] for key in ("access", "local", "basic") if identity.get(key)}


def _check_unique(known: dict[str, dict[str, Any]]) -> None:
    seen: dict[int, str] = {}
    for name, identity in sorted(known.items()):
        user = identity.get("local", {}).get("user-id")
        if user is not None and user in seen:
            raise ApiError(400, f"cannot have multiple identities with user ID {user} ({seen[user]}, {name})")
        if user is not None:
            seen[user] = name
