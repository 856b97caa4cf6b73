"""The manifest of a change on this node: what was said now, on top of what the cloud was made with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.errors import SunbeamError
from sunbeam.core.manifest.effective import Effective, effective
from sunbeam.core.manifest.findings import Finding, Findings
from sunbeam.core.manifest.model import Manifest
from sunbeam.core.manifest.tree import DEFAULT
from sunbeam.core.paths import Paths
from sunbeam.core.process import Processes
from sunbeam.substrates.embedded import network_facts
from sunbeam.substrates.embedded.probes import Probe

FIXED = {
    "substrate": "everything runs on it",
    "region": "the endpoints of all services are registered in it",
    "network.address": "endpoints and certificates name it",
    "network.pods": "every pod has an address of it",
    "network.external.range": "networks of VMs use it",
    "network.external.gateway": "networks of VMs use it",
    "network.external.interface": "networks of VMs use it",
}
"""Keys that cannot change once there is a cloud, and why."""
NAME = "nodes[1].name"


def manifest_file(paths: Paths) -> Path:
    """The effective manifest of the cloud on this machine."""
    return paths.etc / "manifest.yaml"


def made_with(paths: Paths) -> dict[str, Any] | None:
    """The manifest of the cloud on this machine; None without a cloud.  Raises SunbeamError if damaged."""
    if not NodeSettings.exists(paths):
        return None
    file = manifest_file(paths)
    if not file.exists():
        settings = NodeSettings.read(paths)
        external = {"range": settings.external}
        network = {"address": settings.address, "pods": settings.pods, "external": external}
        return effective(cloud={"network": network}).manifest.dump()
    try:
        return Manifest.model_validate(yaml.safe_load(file.read_text("utf-8"))).dump()
    except (ValueError, yaml.YAMLError) as error:
        raise SunbeamError(
            "The manifest of this cloud cannot be read",
            where=str(file),
            why=str(error),
            next_command="sunbeam manifest list",
            id="manifest-damaged",
        ) from error


def manifest_here(
    paths: Paths, files: Sequence[Path], answers: Mapping[str, Any], *, looking: bool = False
) -> Effective:
    """What a change on this node works with.  Who is only ``looking`` needs no secret.

    Raises ManifestErrors: with all mistakes, or with every value that an existing cloud cannot take any more.
    """
    cloud = made_with(paths)
    wanted = effective(files, answers, cloud=cloud, looking=looking)
    if cloud is not None:
        _refuse_fixed(wanted, cloud, NodeSettings.read(paths).name)
    return wanted


def demo_here(paths: Paths, files: Sequence[Path]) -> Manifest:
    """The manifest of the cloud, with what ``files`` say about the demo project and its way outside.

    Raises ManifestErrors, and SunbeamError if there is no cloud.
    """
    NodeSettings.read(paths)
    cloud = made_with(paths) or {}
    wanted = manifest_here(paths, files, {}).manifest.dump()
    external = {key: wanted["network"]["external"].get(key) for key in ("first", "last")}
    network = {**cloud["network"], "external": {**cloud["network"]["external"], **external}}
    return Manifest.model_validate({**cloud, "demo": wanted["demo"], "network": network})


async def default_address(processes: Processes) -> str:
    """This machine's address on its default route; loopback without one."""
    return (await network_facts.gather(Probe(processes))).address or "127.0.0.1"


def settings_of(paths: Paths, manifest: Manifest) -> NodeSettings:
    """The settings of this node; its name and ports stay as they are."""
    wanted = NodeSettings.of(manifest)
    if not NodeSettings.exists(paths):
        return wanted
    there = NodeSettings.read(paths)
    return replace(
        wanted,
        name=there.name,
        api_port=there.api_port,
        state_port=there.state_port,
        etcd_port=there.etcd_port,
        etcd_peer_port=there.etcd_peer_port,
    )


def _refuse_fixed(wanted: Effective, cloud: Mapping[str, Any], name: str) -> None:
    findings = Findings()
    made, said = _values(effective(cloud=cloud)), _values(wanted)
    reasons = {**FIXED, **{key: "disks are made once" for key in _storage({**made, **said})}}
    if NAME in said:
        made.setdefault(NAME, name)
        reasons[NAME] = "its part of the cluster store has this name"
    for key, why in reasons.items():
        before, now = made.get(key), said.get(key)
        if (before or None) != (now or None):
            text = f"{now or 'nothing'} cannot be: this cloud was made with {before or 'none'}, and {why}"
            path = tuple(key.split("."))
            findings.add(Finding(wanted.origins.get(key, DEFAULT), f"{key}: {text}", path))
    lost = set(_roles(cloud)) - set(_roles(wanted.manifest.dump()))
    for role in sorted(lost):
        text = f"this machine has the role {role}: it cannot be taken away while VMs may run here"
        findings.add(Finding(wanted.origins.get("nodes[1].roles.0", DEFAULT), text, ("nodes", 0, "roles")))
    findings.raise_if_any("sunbeam manifest show")


def _values(manifest: Effective) -> dict[str, Any]:
    """By dotted key; the gateway also where nobody said it."""
    return {**manifest.values, "network.external.gateway": str(manifest.manifest.network.external.router)}


def _storage(values: Mapping[str, Any]) -> list[str]:
    return [key for key in values if key.startswith("software.charms.") and ".storage." in key]


def _roles(manifest: Mapping[str, Any]) -> Sequence[str]:
    nodes = manifest.get("nodes")
    return nodes[0]["roles"] if nodes else NodeSettings.roles
