"""What can go wrong when talking to Juju."""

from __future__ import annotations

from sunbeam.core.errors import SunbeamError


class JujuError(SunbeamError):
    """The controller refused a request; ``code`` is Juju's error code, empty if it sent none."""

    code: str = ""


class JujuNotFound(JujuError):
    """The entity named in the request does not exist."""


class JujuAlreadyExists(JujuError):
    """An entity of that name is there already."""


class JujuNotImplemented(JujuError):
    """The controller does not know this facade method."""


class JujuUnreachable(JujuError):
    """No connection, or it broke; whether a request took effect is unknown."""


class JujuLoginRefused(JujuError):
    """The user or password is wrong."""


class JujuStuck(JujuError):
    """A wait ended without its goal; ``reasons`` maps a unit (or another entity) to why it is not there."""

    def __init__(self, what: str, where: str, reasons: dict[str, str], next_command: str) -> None:
        lines = "; ".join(f"{name}: {reason}" for name, reason in sorted(reasons.items()))
        super().__init__(what, where=where, why=lines, next_command=next_command)
        self.reasons = reasons
