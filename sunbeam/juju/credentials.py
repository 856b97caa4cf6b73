"""How to reach and log in to a controller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sunbeam.juju.errors import JujuError


@dataclass(frozen=True)
class Credentials:
    """``endpoints`` are ``HOST:PORT``; ``ca_certificate`` is PEM text (empty: the system's authorities)."""

    endpoints: tuple[str, ...]
    username: str
    password: str = field(repr=False)
    ca_certificate: str = ""
    controller: str = ""

    @classmethod
    def from_juju_data(cls, folder: Path, controller: str | None = None) -> Credentials:
        """Read ``controllers.yaml`` and ``accounts.yaml`` of a ``$JUJU_DATA`` folder.

        ``controller`` is the controller's name there (default: the current one).
        Raises JujuError when the folder holds no such controller.
        """
        controllers = _load(folder / "controllers.yaml")
        accounts = _load(folder / "accounts.yaml")
        name = controller or controllers.get("current-controller") or ""
        try:
            known = controllers["controllers"][name]
            account = accounts["controllers"][name]
            return cls(
                endpoints=tuple(known["api-endpoints"]),
                username=account["user"],
                password=account.get("password", ""),
                ca_certificate=known.get("ca-cert", ""),
                controller=name,
            )
        except KeyError as missing:
            raise JujuError(
                f"cannot log in to controller {name or '(none is current)'}",
                where=str(folder),
                why=f"its Juju data has no {missing}",
                next_command="sunbeam cluster status",
                id="juju-credentials-missing",
            ) from None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Credentials | None:
        """The variables the official Terraform provider reads; None when no address is given there."""
        addresses = environment.get("JUJU_CONTROLLER_ADDRESSES", "")
        if not addresses:
            return None
        return cls(
            endpoints=tuple(address.strip() for address in addresses.split(",") if address.strip()),
            username=environment.get("JUJU_USERNAME", ""),
            password=environment.get("JUJU_PASSWORD", ""),
            ca_certificate=environment.get("JUJU_CA_CERT", ""),
        )


def _load(path: Path) -> dict[str, Any]:
    try:
        return yaml.safe_load(path.read_text("utf-8")) or {}
    except FileNotFoundError:
        raise JujuError(
            "cannot log in to the controller",
            where=str(path),
            why="there is no such file; no cloud has been bootstrapped here",
            next_command="sunbeam cluster bootstrap",
            id="juju-credentials-missing",
        ) from None
