"""Machines and SSH keys of a model."""

from __future__ import annotations

from collections.abc import Sequence

from sunbeam.juju.constraints import parse_constraints, size_in_mebibytes
from sunbeam.juju.errors import JujuNotFound
from sunbeam.juju.model import Model


async def add(
    model: Model, *, constraints: str = "", base: str = "", placement: str = "", disks: str = ""
) -> str:
    """Ask for a machine; returns its number.  ``placement`` is ``SCOPE:DIRECTIVE`` or a bare directive."""
    system, _, version = base.partition("@")
    scope, _, directive = placement.rpartition(":")
    request = {
        "constraints": parse_constraints(constraints),
        "base": {"name": system, "channel": version} if version else None,
        "placement": {"scope": scope or model.uuid, "directive": directive} if placement else None,
        "disks": [{"count": 1, "size": size_in_mebibytes(size)} for size in disks.split()] or None,
        "jobs": ["JobHostUnits"],
    }
    answer = await model.change("MachineManager", "AddMachines", {"params": [request]})
    return str(answer["machines"][0]["machine"])


async def remove(model: Model, machine: str, *, force: bool = False) -> None:
    """Begin to remove a machine; one that is gone is fine."""
    request = {"machine-tags": [f"machine-{machine}"], "force": force, "keep": False, "max-wait": 0}
    try:
        await model.change("MachineManager", "DestroyMachineWithParams", request)
    except JujuNotFound:
        return


async def ssh_keys(model: Model) -> list[str]:
    """The authorized keys of the model, full lines."""
    entities = {"entities": [{"tag": f"model-{model.uuid}"}]}
    answer = await model.read("KeyManager", "ListKeys", {"entities": entities, "mode": True})
    return list(answer["results"][0].get("result") or [])


async def add_ssh_keys(model: Model, user: str, keys: Sequence[str]) -> None:
    await model.change("KeyManager", "AddKeys", {"user": user, "ssh-keys": list(keys)})


async def remove_ssh_keys(model: Model, user: str, keys: Sequence[str]) -> None:
    """``keys`` are comments or fingerprints."""
    await model.change("KeyManager", "DeleteKeys", {"user": user, "ssh-keys": list(keys)})
