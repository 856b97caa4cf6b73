"""Users and groups, by name or number."""

from __future__ import annotations

import grp
import os
import pwd

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Owner:
    """Whom a process runs as or a file belongs to.  A number without user has no ``home`` and ``name``."""

    def __init__(self, uid: int, gid: int) -> None:
        self.uid = uid
        self.gid = gid
        try:
            entry = pwd.getpwuid(uid)
            self.name, self.home = entry.pw_name, entry.pw_dir
        except KeyError:
            self.name, self.home = "", ""

    def is_current(self) -> bool:
        return (self.uid, self.gid) == (os.geteuid(), os.getegid())


def find_owner(wanted: Mapping[str, Any]) -> Owner | None:
    """The owner that ``user``, ``user-id``, ``group`` and ``group-id`` name; None when they name nobody.

    Without a group it is the user's own.  Raises ValueError when they do not exist or contradict each other.
    """
    uid, gid = wanted.get("user-id"), wanted.get("group-id")
    if wanted.get("user"):
        uid = _number("user", wanted["user"], uid, lambda name: pwd.getpwnam(name).pw_uid)
    if wanted.get("group"):
        gid = _number("group", wanted["group"], gid, lambda name: grp.getgrnam(name).gr_gid)
    if uid is None and gid is None:
        return None
    if uid is None:
        raise ValueError("must specify user, not just group")
    if gid is None:
        try:
            gid = pwd.getpwuid(uid).pw_gid
        except KeyError:
            raise ValueError(f"must specify group, user id {uid} has no entry in passwd") from None
    return Owner(uid, gid)


def _number(kind: str, name: str, given: int | None, look_up: Any) -> int:
    try:
        number: int = look_up(name)
    except KeyError:
        raise ValueError(f"{kind}: unknown {kind} {name}") from None
    if given is not None and given != number:
        raise ValueError(f"{kind} {name!r} has id {number}, not {given}")
    return number


def process_environment(owner: Owner | None, *added: Mapping[str, str]) -> dict[str, str]:
    """Our environment, HOME and USER of ``owner``, then ``added`` in order."""
    environment = dict(os.environ)
    if owner is not None and owner.name:
        environment.update(HOME=owner.home, USER=owner.name)
    for more in added:
        environment.update(more)
    return environment
