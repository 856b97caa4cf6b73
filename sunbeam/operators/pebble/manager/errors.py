"""What an API request can fail with."""

from __future__ import annotations


class ApiError(Exception):
    """Answered as Pebble's error envelope: HTTP ``status``, ``message`` and perhaps a ``kind``."""

    def __init__(self, status: int, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
