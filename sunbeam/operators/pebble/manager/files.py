"""Files of the container: reading, listing, making folders, removing."""

from __future__ import annotations

import json
import os
import stat
import time

from .errors import ApiError
from .http import Request, head
from .users import Owner, find_owner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

_KINDS = (
    (stat.S_ISREG, "file"),
    (stat.S_ISDIR, "directory"),
    (stat.S_ISLNK, "symlink"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISFIFO, "named-pipe"),
    (stat.S_ISCHR, "device"),
    (stat.S_ISBLK, "device"),
)


async def read_files(request: Request) -> None:
    """A part for each file, and last the part that says how each went."""
    paths = request.query.get("path", [])
    if not paths:
        raise ApiError(400, "must specify one or more paths")
    boundary = os.urandom(24).hex()
    kind = f"multipart/form-data; boundary={boundary}"
    await request.stream.write(head(200, {"Content-Type": kind, "Connection": "close"}))
    results = []
    for path in paths:
        try:
            with _open_regular(path) as file:
                name = path.replace("\\", "\\\\").replace('"', '\\"')
                await request.stream.write(_part_head(boundary, "files", "application/octet-stream", name))
                while data := file.read(65536):
                    await request.stream.write(data)
                await request.stream.write(b"\r\n")
            results.append({"path": path})
        except (OSError, ValueError) as error:
            results.append(failed(path, error))
    answer = {"type": "sync", "status-code": 200, "status": "OK", "result": results}
    await request.stream.write(
        _part_head(boundary, "response", "application/json")
        + json.dumps(answer).encode()
        + f"\r\n--{boundary}--\r\n".encode()
    )


def _open_regular(path: str) -> BinaryIO:
    check_absolute(path)
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise ValueError(f'can only read a regular file: "{path}"')
    return open(path, "rb")


def _part_head(boundary: str, name: str, kind: str, filename: str = "") -> bytes:
    file = f'; filename="{filename}"' if filename else ""
    text = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file}\r\nContent-Type: {kind}\r\n\r\n'
    )
    return text.encode(errors="surrogateescape")


def list_files(path: str, pattern: str, itself: bool) -> list[dict[str, Any]]:
    """Raises ApiError, of status 404 and kind not-found when there is no ``path``."""
    try:
        check_absolute(path)
        if os.path.isdir(path) and not itself:
            names = [(os.path.join(path, name), name) for name in sorted(os.listdir(path))]
            found = [(full, name, os.lstat(full)) for full, name in names]
        else:
            full = os.path.normpath(path)
            found = [(full, os.path.basename(full) or "/", os.stat(path))]
    except (OSError, ValueError) as error:
        kind = _error_kind(error)
        status = {"not-found": 404, "permission-denied": 403}.get(kind, 400)
        raise ApiError(status, _error_text(error), kind) from error
    if pattern:
        from fnmatch import fnmatchcase

        found = [entry for entry in found if fnmatchcase(entry[1], pattern)]
    return [_describe(*entry) for entry in found]


def _describe(path: str, name: str, info: os.stat_result) -> dict[str, Any]:
    described: dict[str, Any] = {
        "path": path,
        "name": name,
        "type": next((kind for is_kind, kind in _KINDS if is_kind(info.st_mode)), "unknown"),
        "permissions": f"{info.st_mode & 0o777:03o}",
        "last-modified": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(info.st_mtime)),
        "user-id": info.st_uid,
        "user": _user_name(info.st_uid),
        "group-id": info.st_gid,
        "group": _group_name(info.st_gid),
    }
    if stat.S_ISREG(info.st_mode):
        described["size"] = info.st_size
    return described


def _user_name(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return ""


def _group_name(gid: int) -> str:
    import grp

    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return ""


def make_folders(wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What action make-dirs answers."""
    return [_try(folder["path"], lambda folder=folder: _make_folder(folder)) for folder in wanted]


def _make_folder(wanted: dict[str, Any]) -> None:
    path = wanted["path"]
    check_absolute(path)
    mode, owner = parse_mode(wanted.get("permissions"), 0o755), find_owner(wanted)
    if wanted.get("make-parents"):
        make_path(path, mode, owner)
    else:
        _make_one(path, mode, owner)


def make_path(path: str, mode: int, owner: Owner | None) -> None:
    """Make a folder and those above it that are missing.  Raises OSError."""
    if os.path.isdir(path):
        return
    parent = os.path.dirname(path.rstrip("/"))
    if parent != path:
        make_path(parent, mode, owner)
    _make_one(path, mode, owner)


def _make_one(path: str, mode: int, owner: Owner | None) -> None:
    os.mkdir(path)
    if owner is not None:
        os.chown(path, owner.uid, owner.gid)
    os.chmod(path, mode)


def remove_paths(wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What action remove answers."""
    return [
        _try(item["path"], lambda item=item: _remove(item["path"], item.get("recursive"))) for item in wanted
    ]


def _remove(path: str, recursive: bool | None) -> None:
    check_absolute(path)
    is_folder = os.path.isdir(path) and not os.path.islink(path)
    if is_folder and recursive:
        import shutil

        shutil.rmtree(path)
    elif is_folder:
        os.rmdir(path)
    elif not recursive or os.path.lexists(path):
        os.unlink(path)


def _try(path: str, act: Any) -> dict[str, Any]:
    try:
        act()
    except (OSError, ValueError) as error:
        return failed(path, error)
    return {"path": path}


def check_absolute(path: str) -> None:
    """Raises ValueError."""
    if not path.startswith("/"):
        raise ValueError(f'paths must be absolute, got "{path}"')


def parse_mode(text: str | None, default: int) -> int:
    """Raises ValueError."""
    if not text:
        return default
    if len(text) != 3 or text.strip("01234567"):
        raise ValueError(f'permissions must be a 3-digit octal string, got "{text}"')
    return int(text, 8)


def failed(path: str, error: Exception) -> dict[str, Any]:
    """The result for one path that went wrong."""
    return {"path": path, "error": {"kind": _error_kind(error), "message": _error_text(error)}}


def _error_kind(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return "permission-denied"
    return "not-found" if isinstance(error, FileNotFoundError) else "generic-file-error"


def _error_text(error: Exception) -> str:
    """``open /x: no such file or directory``"""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'file'}: {error.strerror.lower()}"
    return str(error)
