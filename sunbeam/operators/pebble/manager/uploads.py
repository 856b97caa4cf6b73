"""Files that a client writes, as a multipart body."""

from __future__ import annotations

import json
import os

from .errors import ApiError
from .files import check_absolute, failed, make_path, parse_mode
from .http import Request
from .multipart import Multipart, Part, parse_parameters
from .users import find_owner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


async def write_files(request: Request) -> list[dict[str, Any]]:
    """Store the files of a multipart body; how each went.  Raises ApiError when the body is wrong."""
    boundary = parse_parameters(request.headers["content-type"]).get("boundary", "")
    if not boundary:
        raise ApiError(400, 'invalid boundary ""')
    multipart = Multipart(boundary)
    upload = _Upload()
    try:
        async for data in request.body():
            for event in multipart.feed(data):
                upload.take(event)
    finally:
        upload.abandon()
    if not multipart.complete:
        raise ApiError(400, "cannot read file part: unexpected EOF")
    return upload.results()


class _Upload:
    """The state of one write request: first the metadata, then the files it names."""

    def __init__(self) -> None:
        self._metadata = b""
        self._wanted: dict[str, dict[str, Any]] = {}
        self._outcomes: dict[str, Exception | None] = {}
        self._part: Part | None = None
        self._file: _NewFile | None = None

    def take(self, event: Part | bytes | None) -> None:
        if isinstance(event, Part):
            self._part = event
            if self._wanted:
                self._begin_file(event)
            elif event.name != "request":
                raise ApiError(400, f'metadata field name must be "request", got "{event.name}"')
        elif event is None:
            self._end_part()
        elif self._wanted:
            self._file_step("write", event)
        else:
            self._metadata += event

    def _begin_file(self, part: Part) -> None:
        if part.name != "files":
            raise ApiError(400, f'field name must be "files", got "{part.name}"')
        if part.filename not in self._wanted:
            raise ApiError(400, f'no metadata for path "{part.filename}"')
        self._outcomes[part.filename] = None
        try:
            self._file = _NewFile(self._wanted[part.filename])
        except (OSError, ValueError) as error:
            self._outcomes[part.filename] = error

    def _end_part(self) -> None:
        if self._wanted:
            self._file_step("commit")
            self._file = None
            return
        try:
            metadata = json.loads(self._metadata)
            self._wanted = {str(file["path"]): file for file in metadata.get("files") or []}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ApiError(400, f"cannot read request metadata: {error}") from error
        if metadata.get("action") != "write":
            raise ApiError(400, f'multipart action must be "write", got "{metadata.get("action")}"')
        if not self._wanted:
            raise ApiError(400, "must specify one or more files")

    def _file_step(self, step: str, *arguments: bytes) -> None:
        if self._file is None or self._part is None:
            return
        try:
            getattr(self._file, step)(*arguments)
        except OSError as error:
            self._outcomes[self._part.filename] = error
            self.abandon()

    def abandon(self) -> None:
        """Throw away what is half written."""
        if self._file is not None:
            self._file.discard()
            self._file = None

    def results(self) -> list[dict[str, Any]]:
        missing = ValueError("no file content for path")
        return [
            failed(path, error) if (error := self._outcomes.get(path, missing)) else {"path": path}
            for path in self._wanted
        ]


class _NewFile:
    """A file beside its place, which it takes when it is complete.  Raises OSError, ValueError."""

    def __init__(self, wanted: dict[str, Any]) -> None:
        path = wanted["path"]
        check_absolute(path)
        owner = find_owner(wanted)
        mode = parse_mode(wanted.get("permissions"), 0o644)
        if wanted.get("make-dirs"):
            make_path(os.path.dirname(path), 0o755, owner)
        self._path = os.path.realpath(path)
        self._temporary = f"{self._path}.{os.urandom(6).hex()}~"
        descriptor = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._file = os.fdopen(descriptor, "wb")
        try:
            if owner is not None:
                os.fchown(descriptor, owner.uid, owner.gid)
            os.fchmod(descriptor, mode)
        except OSError:
            self.discard()
            raise

    def write(self, data: bytes) -> None:
        self._file.write(data)

    def commit(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        os.rename(self._temporary, self._path)

    def discard(self) -> None:
        self._file.close()
        try:
            os.unlink(self._temporary)
        except FileNotFoundError:
            return
