"""How a path was before Sunbeam changed it, as JSON, so that it can be put back."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any


def snapshot(path: Path) -> dict[str, Any]:
    """Nothing for a path that is not there, else its ``text`` and owner, or where a ``link`` points.

    Bytes that are not UTF-8 become lone surrogates, which JSON carries.
    """
    if path.is_symlink():
        return {"link": str(path.readlink())}
    if not path.exists():
        return {}
    status = path.stat()
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    return {"text": text, "mode": status.st_mode & 0o7777, "uid": status.st_uid, "gid": status.st_gid}


def restore(path: Path, before: dict[str, Any]) -> None:
    """Make ``path`` as ``snapshot`` found it; a snapshot of nothing removes it."""
    if "link" in before:
        replace_link(path, before["link"])
    elif "text" in before:
        content = before["text"].encode("utf-8", "surrogateescape")
        replace_file(path, content, before["mode"], (before.get("uid", -1), before.get("gid", -1)))
    else:
        path.unlink(missing_ok=True)
    unfinished(path).unlink(missing_ok=True)


def fingerprint(content: bytes | str) -> str:
    raw = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    return hashlib.sha256(raw).hexdigest()


def fingerprint_of(path: Path) -> str:
    """Of a file's content or of where a link points; empty if there is neither."""
    if path.is_symlink():
        return fingerprint(str(path.readlink()))
    return fingerprint(path.read_bytes()) if path.is_file() else ""


def replace_file(path: Path, content: bytes, mode: int, owner: tuple[int, int] | None = None) -> None:
    """Replace ``path`` whole, in one step that survives a power loss; private from its first byte."""
    temporary = unfinished(path)
    with os.fdopen(open_new(temporary), "wb") as file:
        file.write(content)
        file.flush()
        os.fchmod(file.fileno(), mode)
        if owner:
            os.fchown(file.fileno(), *owner)
    take_place(temporary, path)


def take_place(new: Path, path: Path) -> None:
    """Let the file ``new`` replace ``path``; after a power loss one of both is there, whole."""
    sync(new)
    new.replace(path)
    sync(path.parent)


def open_new(path: Path) -> int:
    """A descriptor to write ``path``: a new file, private from the start; what was there is removed."""
    path.unlink(missing_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def replace_link(path: Path, target: str) -> None:
    """Make ``path`` a symbolic link to ``target`` in one step."""
    temporary = unfinished(path)
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(path)
    sync(path.parent)


def unfinished(path: Path) -> Path:
    """Where a new ``path`` is made before it takes its place; left behind by a killed process."""
    return path.with_name(f".{path.name}.sunbeam-new")


def sync(path: Path) -> None:
    """Returns when a file's content or a folder's names are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Returns when all files and folders below ``folder``, and itself, are on the disk."""
    for path in (*folder.rglob("*"), folder):
        if not path.is_symlink() and (path.is_dir() or path.is_file()):
            sync(path)
