"""What an operation refuses, with Juju's own error codes so that clients behave."""

from __future__ import annotations

from typing import ClassVar


class OperationError(Exception):
    """An operation that cannot be done; ``code`` is a Juju API error code, the text is for a person."""

    code: ClassVar[str] = ""


class NotFound(OperationError):
    code = "not found"


class AlreadyExists(OperationError):
    code = "already exists"


class BadRequest(OperationError):
    code = "bad request"


class NotSupported(OperationError):
    code = "not supported"


class Unauthorized(OperationError):
    """The user may not do this; Juju does not tell whether the thing exists."""

    code = "unauthorized access"

    def __init__(self, message: str = "permission denied") -> None:
        super().__init__(message)
