"""Uploads over HTTP: charms and resources, streamed to disk under a limit."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from aiohttp import StreamReader

from sunbeam.core.snapshot import sync, sync_tree
from sunbeam.operators.operations.errors import BadRequest, OperationError

MAX_CHARM_BYTES = 256 * 2**20
MAX_RESOURCE_BYTES = 4 * 2**30
MAX_UNPACKED_BYTES = 1 * 2**30
MAX_ENTRIES = 50_000
_CHUNK = 2**20


class TooLarge(OperationError):
    code = "too large"


@dataclass(frozen=True)
class ReceivedFile:
    """An upload in a temporary file, with its digests in hexadecimal."""

    path: Path
    sha256: str
    sha384: str


async def receive(body: StreamReader, folder: Path, limit: int) -> ReceivedFile:
    """Write ``body`` to a new file in ``folder``.  Raises TooLarge; nothing is left behind then."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".upload-")
    sha256, sha384, size = hashlib.sha256(), hashlib.sha384(), 0
    try:
        with os.fdopen(descriptor, "wb") as file:
            async for chunk in body.iter_chunked(_CHUNK):
                size += len(chunk)
                if size > limit:
                    raise TooLarge(f"the upload is larger than {limit // 2**20} MiB")
                sha256.update(chunk)
                sha384.update(chunk)
                file.write(chunk)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return ReceivedFile(Path(name), sha256.hexdigest(), sha384.hexdigest())


def unpack_charm(archive: Path, charms: Path, sha256: str) -> Path:
    """Unpack a charm to ``charms/SHA256`` unless it is there; returns that folder.  It outlasts a power loss.

    Raises BadRequest for anything that would leave the folder, is too large, or is no zip file.
    """
    target = charms / sha256
    if target.is_dir():
        return target
    staging = Path(tempfile.mkdtemp(dir=charms, prefix=".unpacking-"))
    try:
        _unpack(archive, staging)
        staging.chmod(0o755)
        sync_tree(staging)
        _settle(staging, target)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise BadRequest(f"the upload is not a readable zip file: {error}") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return target


def sweep(charms: Path, resources: Path, used_charms: set[str], used_files: set[str]) -> None:
    """Remove what interrupted uploads left, and what no model uses any more.  No upload may run meanwhile."""
    for folder, used in ((charms, used_charms), (resources, used_files)):
        for path in folder.iterdir() if folder.is_dir() else ():
            if str(path) in used:
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _settle(staging: Path, target: Path) -> None:
    """The same charm may be uploaded twice at once: the first one stays."""
    try:
        staging.rename(target)
    except OSError:
        if not target.is_dir():
            raise
    sync(target.parent)


def _unpack(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as zipped:
        entries = zipped.infolist()
        if len(entries) > MAX_ENTRIES:
            raise BadRequest(f"the charm has more than {MAX_ENTRIES} files")
        if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
            raise BadRequest(f"the unpacked charm is larger than {MAX_UNPACKED_BYTES // 2**20} MiB")
        links = [entry for entry in entries if _is_link(entry)]
        for entry in entries:
            if not _is_link(entry):
                _extract(zipped, entry, folder)
        for entry in links:
            _extract_link(zipped, entry, folder)
        _require_links_inside(folder, links)


def _extract(zipped: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    path = folder / _inner(entry.filename)
    mode = entry.external_attr >> 16
    kind = stat.S_IFMT(mode)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise BadRequest(f"the charm contains {entry.filename!r}, which is neither file, folder nor link")
    if entry.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipped.open(entry) as source, path.open("wb") as file:
        shutil.copyfileobj(source, file, _CHUNK)
    path.chmod((mode & 0o777) | 0o600 if mode else 0o644)


def _extract_link(zipped: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    """Links come last, so that no file is ever written through one."""
    inner = _inner(entry.filename)
    destination = zipped.read(entry).decode()
    resolved = os.path.normpath(inner.parent / destination)
    if destination.startswith("/") or resolved == ".." or resolved.startswith("../"):
        raise BadRequest(f"the link {entry.filename!r} points outside of the charm")
    path = folder / inner
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.parent.resolve().is_relative_to(folder.resolve()) or path.is_symlink() or path.exists():
        raise BadRequest(f"the link {entry.filename!r} cannot be placed in the charm")
    path.symlink_to(destination)


def _require_links_inside(folder: Path, links: list[zipfile.ZipInfo]) -> None:
    """A link may lead through other links, so only the file system can tell where it ends."""
    root = folder.resolve()
    for entry in links:
        path = folder / _inner(entry.filename)
        try:
            path.stat()  # from Python 3.13 on, resolve() takes a circle for an end
        except FileNotFoundError:
            pass
        except OSError:
            raise BadRequest(f"the link {entry.filename!r} leads in a circle") from None
        end = path.resolve()
        if not end.is_relative_to(root):
            raise BadRequest(f"the link {entry.filename!r} points outside of the charm")


def _inner(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or not path.parts:
        raise BadRequest(f"the charm contains {name!r}, which would be unpacked outside of it")
    return path


def _is_link(entry: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(entry.external_attr >> 16)
