"""The data sources: a configuration in, all attributes out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sunbeam.juju import applications, offers, secrets
from sunbeam.juju.errors import JujuNotFound
from sunbeam.provider.diagnostics import failure
from sunbeam.provider.resources.application_read import option_text
from sunbeam.provider.session import Session
from sunbeam.provider.values import Object


async def model(session: Session, config: Object) -> Object:
    wanted = config.get("uuid") or (
        f"{config['owner']}/{config['name']}" if config.get("owner") else config.get("name")
    )
    if not wanted:
        raise failure("No model is named", "Write name or uuid.", ("name",))
    try:
        found = await session.controller.model(wanted)
    except JujuNotFound:
        raise failure("Model not found", f"There is no model {wanted}.", ("name",)) from None
    info = await session.controller.model_info(found.uuid)
    owner = info.get("owner-tag", "").removeprefix("user-").partition("@")[0]
    return {
        "name": info["name"],
        "owner": owner,
        "uuid": found.uuid,
        "type": info.get("type"),
        "id": found.uuid,
    }


async def application(session: Session, config: Object) -> Object:
    its_model = await session.model(config["model_uuid"])
    status = await session.status(its_model)
    found = status.applications.get(config["name"])
    if found is None:
        raise failure("Application not found", f"Model {status.name} has no {config['name']}.", ("name",))
    settings = await applications.settings(its_model, found.name)
    return {
        **config,
        "model_type": status.type,
        "constraints": settings.constraints,
        "units": found.scale,
        "trust": settings.trust,
        "config": {key: option_text(value) for key, value in settings.config.items() if value is not None},
        "charm_name": found.charm_name,
        "charm_revision": found.charm_revision,
        "machines": sorted({unit.machine for unit in found.units.values() if unit.machine}),
        "unit_numbers": sorted(unit.rpartition("/")[2] for unit in found.units),
        "id": f"{its_model.uuid}:{found.name}",
    }


async def offer(session: Session, config: Object) -> Object:
    try:
        found = await offers.find(session.controller, config["url"])
    except JujuNotFound:
        raise failure("Offer not found", f"There is no offer {config['url']}.", ("url",)) from None
    return {
        "url": config["url"],
        "name": found.name,
        "application_name": found.application,
        "endpoints": list(found.endpoints),
        "model_uuid": found.model_uuid,
        "id": found.url,
    }


async def machine(session: Session, config: Object) -> Object:
    its_model = await session.model(config["model_uuid"])
    found = (await session.status(its_model)).machines.get(config["machine_id"])
    if found is None:
        raise failure("Machine not found", f"There is no machine {config['machine_id']}.", ("machine_id",))
    return {
        **config,
        "hostname": found.hostname,
        "base": found.base,
        "instance_id": found.instance_id,
        "id": f"{its_model.uuid}:{found.id}",
    }


async def secret(session: Session, config: Object) -> Object:
    its_model = await session.model(config["model_uuid"])
    try:
        found = await secrets.find(its_model, config["name"])
    except JujuNotFound:
        raise failure("Secret not found", f"There is no secret {config['name']}.", ("name",)) from None
    return {
        **config,
        "secret_id": found.id,
        "secret_uri": f"secret:{found.id}",
        "id": f"{its_model.uuid}:{found.id}",
    }


DATA_SOURCES: dict[str, Callable[[Session, Object], Awaitable[Object]]] = {
    "juju_model": model,
    "juju_application": application,
    "juju_offer": offer,
    "juju_machine": machine,
    "juju_secret": secret,
}
