"""Private mount namespaces in which a hook sees its unit's containers at /charm/containers, and pods' names.

Standard library only: it runs inside charm interpreters.  The host gets no /charm folder: hooks see a
root made of the host's own folders plus that one.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

CONTAINERS = "/charm/containers"
HOSTS = "/etc/hosts"

_CLONE_NEWNS = 0x00020000
_MS_BIND, _MS_REC, _MS_SLAVE, _MS_UNBINDABLE = 0x1000, 0x4000, 0x80000, 0x20000


def enter_private_root(scratch: Path) -> None:
    """Move this process into a mount namespace and root of its own with an empty /charm/containers.

    ``scratch`` is an existing empty folder, which any number of processes may use; on the host it stays
    empty.  Needs root.  Raises OSError.
    """
    _unshare()
    _mount(None, "/", None, _MS_REC | _MS_SLAVE)
    _mount("tmpfs", str(scratch), "tmpfs", 0)
    _mount(None, str(scratch), None, _MS_UNBINDABLE)  # or it would be bound into itself
    for entry in os.scandir("/"):
        inside = scratch / entry.name
        if entry.is_symlink():
            inside.symlink_to(Path(entry.path).readlink())
        elif entry.is_dir() and entry.name != "charm":
            inside.mkdir()
            _mount(entry.path, str(inside), None, _MS_BIND | _MS_REC)
    (scratch / CONTAINERS.lstrip("/")).mkdir(parents=True)
    os.chroot(scratch)
    os.chdir("/")


def show(containers: str, hosts: str) -> None:
    """Bind ``containers`` to /charm/containers and ``hosts`` to /etc/hosts for this process and its children.

    /etc/hosts stays as it is if there is no file ``hosts``.  Raises OSError.
    """
    _unshare()
    _mount(containers, CONTAINERS, None, _MS_BIND | _MS_REC)
    if Path(hosts).is_file() and Path(HOSTS).is_file():
        _mount(hosts, HOSTS, None, _MS_BIND)


def _unshare() -> None:
    if _libc.unshare(_CLONE_NEWNS) != 0:
        _raise_errno("unshare")


def _mount(source: str | None, target: str, kind: str | None, flags: int) -> None:
    encoded = [None if text is None else text.encode() for text in (source, target, kind)]
    if _libc.mount(*encoded, ctypes.c_ulong(flags), None) != 0:
        _raise_errno(f"mount {source or ''} on {target}")


def _raise_errno(doing: str) -> None:
    number = ctypes.get_errno()
    raise OSError(number, f"{doing}: {os.strerror(number)}")


_libc = ctypes.CDLL(None, use_errno=True)
