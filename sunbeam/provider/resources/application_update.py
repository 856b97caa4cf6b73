"""The changes of a juju_application that are made in place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sunbeam.juju import applications
from sunbeam.juju.model import Model
from sunbeam.provider.resources import application_read, local_charm
from sunbeam.provider.values import Object, known


async def update_application(model: Model, prior: Object, plan: Object) -> None:
    """The charm first, since it decides which options exist; units last, so that new ones find all of it."""
    name = prior["name"]
    await _update_charm(model, name, prior, plan)
    await _update_config(model, name, prior.get("config") or {}, plan.get("config") or {})
    if plan.get("trust") != prior.get("trust"):
        await applications.set_trust(model, name, bool(plan.get("trust")))
    if known(plan.get("constraints")) and plan["constraints"] != prior.get("constraints"):
        await applications.set_constraints(model, name, plan["constraints"])
    bindings = application_read.bindings_of(plan.get("endpoint_bindings"))
    if bindings and bindings != application_read.bindings_of(prior.get("endpoint_bindings")):
        await applications.set_bindings(model, name, bindings)
    if plan.get("expose") != prior.get("expose"):
        exposed = application_read.exposed_endpoints(plan["expose"][0]) if plan.get("expose") else None
        await applications.expose(model, name, exposed)
    await _update_units(model, name, prior, plan)


async def _update_charm(model: Model, name: str, prior: Object, plan: Object) -> None:
    storage = plan.get("storage_directives") or {}
    resources = {
        key: value
        for key, value in (plan.get("resources") or {}).items()
        if (prior.get("resources") or {}).get(key) != value
    }
    if plan.get("local_charm"):
        after, before = plan["local_charm"][0], prior["local_charm"][0]
        path = Path(after["path"])
        if (after["path_hash"], after["origin_hash"]) != (before["path_hash"], before["origin_hash"]):
            local_charm.check_unchanged(after)
            base = after["base"] if known(after.get("base")) else ""
            await applications.refresh_local(
                model,
                name,
                path,
                resources=resources,
                storage=storage,
                base=base,
                registries=registries(plan),
            )
        elif resources:
            await applications.attach_resources(model, name, path, resources, registries(plan))
    elif plan["charm"] != prior["charm"]:
        block = plan["charm"][0]
        await applications.refresh_from_store(
            model,
            name,
            channel=block["channel"] if known(block.get("channel")) else "",
            revision=int(block["revision"]) if known(block.get("revision")) else None,
            storage=storage,
        )


def registries(plan: Object) -> dict[str, tuple[str, str]]:
    """``registry_credentials`` as host -> (user, password)."""
    return {
        host: (item["username"], item["password"])
        for host, item in (plan.get("registry_credentials") or {}).items()
    }


async def _update_config(model: Model, name: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    wanted = {key: value for key, value in after.items() if value is not None}
    changed = {key: value for key, value in wanted.items() if before.get(key) != value}
    await applications.set_config(model, name, changed, sorted(set(before) - set(wanted)))


async def _update_units(model: Model, name: str, prior: Object, plan: Object) -> None:
    if known(plan.get("machines")) and prior.get("model_type") == "iaas":
        wanted, had = set(plan["machines"]), set(prior.get("machines") or [])
        if wanted - had:
            await applications.add_units(model, name, 0, sorted(wanted - had))
        if had - wanted:
            await applications.remove_units(model, await _units_on(model, name, had - wanted))
        return
    units, before = int(plan["units"]), int(prior["units"])
    if units == before:
        return
    if prior.get("model_type") == "caas":
        await applications.scale(model, name, units)
    elif units > before:
        await applications.add_units(model, name, units - before)
    else:
        numbers = sorted((int(number) for number in prior["unit_numbers"]), reverse=True)
        await applications.remove_units(model, [f"{name}/{number}" for number in numbers[: before - units]])


async def _units_on(model: Model, name: str, machines: set[str]) -> list[str]:
    status = await applications.application_status(model, name)
    return [unit.name for unit in status.units.values() if unit.machine in machines]
