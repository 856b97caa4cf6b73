"""What can go wrong when talking to Juju."""

from __future__ import annotations

from sunbeam.core.errors import SunbeamError


class JujuError(SunbeamError):
    """The controller refused a request; ``code`` is Juju's error code, empty if it sent none."""

    id = "juju-refused"

    code: str = ""


class JujuNotFound(JujuError):
    """The entity named in the request does not exist."""

    id = "juju-not-found"


class JujuAlreadyExists(JujuError):
    """An entity of that name is there already."""

    id = "juju-already-exists"


class JujuNotImplemented(JujuError):
    """The controller does not know this facade method."""

    id = "juju-not-implemented"


class JujuUnreachable(JujuError):
    """No connection, or it broke; whether a request took effect is unknown."""

    id = "juju-unreachable"


class JujuLoginRefused(JujuError):
    """The user or password is wrong."""

    id = "juju-login-refused"


class JujuStuck(JujuError):
    """A wait ended without its goal; ``reasons`` maps a unit (or another entity) to why it is not there."""

    id = "units-stuck"

    def __init__(self, what: str, where: str, reasons: dict[str, str], next_command: str) -> None:
        lines = "; ".join(f"{name}: {reason}" for name, reason in sorted(reasons.items()))
        super().__init__(what, where=where, why=lines, next_command=next_command)
        self.reasons = reasons
