"""What a manifest says to the Terraform modules; references stay references until a module runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sunbeam.core.manifest.model import Manifest
from sunbeam.core.manifest.software import MACHINE_CHARMS
from sunbeam.core.task import Context
from sunbeam.images.builder import ImageBuilder
from sunbeam.tasks.deployment import Variables

CHARMS_MTU = 1500
"""What the charm neutron takes by itself."""


def control_plane(builder: ImageBuilder, manifest: Manifest, address: str) -> Variables:
    """The variables of the control plane's module."""

    async def variables(context: Context) -> Mapping[str, Any]:
        return {
            "charms": str(context.paths.charms),
            "images": {name: recipe.image for name, recipe in builder.recipes.items()},
            "external_hostname": address,
            **choices(manifest),
        }

    return variables


def choices(manifest: Manifest) -> dict[str, Any]:
    """Variables of the control plane that hold what a person chose."""
    charms = _in_control_plane(manifest.software.charms)
    return {
        "region": manifest.region,
        "config": _in_control_plane(charm_config(manifest)),
        "units": {name: charm.units for name, charm in charms.items()},
        "storage": {name: dict(charm.storage) for name, charm in charms.items() if charm.storage},
    }


def charm_config(manifest: Manifest) -> dict[str, dict[str, str]]:
    """Options by charm as Terraform writes them, those that other keys decide too."""
    config = {
        name: {option: _text(value) for option, value in charm.config.items()}
        for name, charm in manifest.software.charms.items()
        if charm.config
    }
    if manifest.name:
        config.setdefault("horizon", {})["site-name"] = manifest.name
    if manifest.network.dns:
        servers = ",".join(str(server) for server in manifest.network.dns)
        config.setdefault("neutron", {})["dns-servers"] = servers
    if (mtu := manifest.network.external.mtu) != CHARMS_MTU:
        config.setdefault("neutron", {}).setdefault("global-physnet-mtu", str(mtu))
    return config


def _in_control_plane(charms: Mapping[str, Any]) -> dict[str, Any]:
    return {name: charm for name, charm in charms.items() if name not in MACHINE_CHARMS}


def _text(value: str | int | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
