"""juju_application: planning, creating, reading.  Changes in place are in ``application_update``."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Any

from sunbeam.juju import applications
from sunbeam.juju.applications import Deployment, Settings, parse_storage
from sunbeam.juju.constraints import parse_constraints
from sunbeam.juju.errors import JujuError, JujuNotFound
from sunbeam.juju.status import ApplicationStatus, ModelStatus
from sunbeam.juju.watch import in_trouble
from sunbeam.provider.diagnostics import Diagnostic, Path
from sunbeam.provider.resource import Operation, Resource, check_model_uuid, split_id
from sunbeam.provider.resources import application_read, local_charm
from sunbeam.provider.resources.application_update import registries, update_application
from sunbeam.provider.values import UNKNOWN, Object, known, wholly_known


class Application(Resource):
    type_name = "juju_application"

    def validate(self, config: Object) -> list[Diagnostic]:
        found = check_model_uuid(config)
        charms = [block for block in ("charm", "local_charm") if config[block] is UNKNOWN or config[block]]
        if len(charms) != 1:
            found.append(
                Diagnostic("One charm is needed", "Write either a charm or a local_charm block.", ("charm",))
            )
        units, machines = config["units"], config["machines"]
        if known(units) and known(machines) and units != len(machines):
            problem = "Leave units out: it is the number of machines."
            found.append(Diagnostic("units contradicts machines", problem, ("units",)))
        for block in config["charm"] if known(config["charm"]) else []:
            channel = block["channel"]
            if known(channel) and "/" not in channel:
                problem = f"{channel!r} is not TRACK/RISK."
                found.append(Diagnostic("Invalid channel", problem, ("charm", 0, "channel")))
        found += _check_text(config, "constraints", parse_constraints)
        if known(config.get("storage_directives")):
            for directive in config["storage_directives"].values():
                found += _check_text({"storage_directives": directive}, "storage_directives", parse_storage)
        return found

    async def adjust(self, plan: Object, prior: Object | None, config: Object) -> list[Path]:
        if plan.get("name") is UNKNOWN:
            block = (plan["local_charm"] or plan["charm"])[0]
            plan["name"] = block["name"]
        packed = await local_charm.adjust(plan, config, self.session.charm_file)
        self._plan_units(plan, prior, config, subordinate=packed is not None and packed.subordinate)
        if prior is None:
            return []
        for block in ("charm", "local_charm"):
            if bool(plan.get(block)) != bool(prior.get(block)):
                return [(block,)]
        if plan["charm"]:
            after, before = plan["charm"][0], prior["charm"][0]
            if config["charm"][0]["revision"] is None and after["channel"] != before["channel"]:
                after["revision"] = UNKNOWN
        return self._replacing(plan, prior, config)

    def _plan_units(self, plan: Object, prior: Object | None, config: Object, *, subordinate: bool) -> None:
        machines = config.get("machines")
        if config.get("units") is None:
            if machines is UNKNOWN:
                plan["units"] = UNKNOWN
            elif machines is not None:
                plan["units"] = len(machines)
            elif prior is None:
                plan["units"] = 0 if subordinate else 1
        if prior is None:
            return
        scaled = plan["units"] != prior["units"] or machines is UNKNOWN
        if machines is not None:
            scaled = scaled or sorted(map(str, plan["machines"])) != sorted(prior.get("machines") or [])
        elif scaled:
            plan["machines"] = UNKNOWN
        if scaled:
            plan["unit_numbers"] = UNKNOWN
        if scaled or _charm_changes(plan, prior) or plan["storage_directives"] != prior["storage_directives"]:
            plan["storage"] = UNKNOWN

    def _replacing(self, plan: Object, prior: Object, config: Object) -> list[Path]:
        paths: list[Path] = []
        before, after = prior["storage_directives"] or {}, plan["storage_directives"]
        if known(after) and any(after.get(label, text) != text for label, text in before.items()):
            paths.append(("storage_directives",))
        if prior.get("model_type") == "iaas":
            for block in (block for block in ("charm", "local_charm") if plan[block]):
                base = config[block][0]["base"]
                if known(base) and base != prior[block][0]["base"]:
                    paths.append((block, 0, "base"))
            wanted = config["constraints"]
            if known(wanted) and parse_constraints(wanted) != parse_constraints(prior["constraints"] or ""):
                paths.append(("constraints",))
        return paths

    async def create(self, plan: Object, config: Object) -> Object:
        model = await self.session.model(plan["model_uuid"])
        deployment = _deployment(plan)
        if plan.get("local_charm"):
            block = plan["local_charm"][0]
            local_charm.check_unchanged(block)
            await applications.deploy_local(model, FilePath(block["path"]), deployment)
        else:
            block = plan["charm"][0]
            await applications.deploy_from_store(
                model,
                block["name"],
                deployment,
                channel=block["channel"] if known(block.get("channel")) else "",
                revision=int(block["revision"]) if known(block.get("revision")) else None,
            )
        return {"name": deployment.name, "id": f"{model.uuid}:{deployment.name}"}

    async def existing(self, plan: Object) -> Object | None:
        return {"name": plan["name"], "id": f"{plan['model_uuid']}:{plan['name']}"}

    async def complete(self, state: Object, plan: Object) -> None:
        if plan["expose"]:
            model = await self.session.model(state["model_uuid"])
            endpoints = application_read.exposed_endpoints(plan["expose"][0])
            await applications.expose(model, state["name"], endpoints)

    async def read(self, state: Object) -> Object | None:
        found = await self._look(state)
        return None if found is None else application_read.attributes(state, *found)

    async def appeared(self, state: Object, plan: Object) -> Object | None:
        found = await self._look(state)
        if found is None:
            return None
        _, application, _, _ = found
        missing = known(plan["units"]) and len(application.units) != int(plan["units"])
        if missing and not application.subordinate_to:
            self.session.forget(state["model_uuid"])
            return None
        return application_read.attributes(state, *found)

    async def update(self, prior: Object, plan: Object, config: Object, operation: Operation) -> None:
        await update_application(await self.session.model(prior["model_uuid"]), prior, plan)

    async def delete(self, state: Object) -> None:
        model = await self.model_of(state)
        if model is not None:
            await applications.remove(model, state["name"])

    async def obstacle(self, state: Object) -> str:
        model = await self.model_of(state)
        if model is None:
            return ""
        trouble = in_trouble(await self.session.status(model), [state["name"]])
        errors = {unit: reason for unit, reason in trouble.items() if reason.startswith("error")}
        return "; ".join(f"{unit}: {reason}" for unit, reason in sorted(errors.items()))

    async def locate(self, id: str) -> Object:
        uuid, name = split_id(id, 2, "MODEL_UUID:APPLICATION")
        return {"model_uuid": uuid, "name": name}

    async def _look(self, state: Object) -> tuple[ModelStatus, ApplicationStatus, Settings, str] | None:
        model = await self.model_of(state)
        if model is None:
            return None
        try:
            status = await self.session.status(model)
            application = status.applications.get(state["name"])
            if application is None:
                return None
            settings = await applications.settings(model, state["name"])
            origin_hash = await applications.charm_origin_hash(model, state["name"])
        except JujuNotFound:
            return None
        return status, application, settings, origin_hash


def _deployment(plan: Object) -> Deployment:
    block = (plan["local_charm"] or plan["charm"])[0]
    return Deployment(
        name=plan["name"],
        units=int(plan["units"]) if known(plan.get("units")) else 1,
        machines=sorted(plan["machines"], key=str) if known(plan.get("machines")) else (),
        config={key: value for key, value in (plan.get("config") or {}).items() if value is not None},
        trust=bool(plan.get("trust")),
        constraints=plan["constraints"] if known(plan.get("constraints")) else "",
        storage=plan.get("storage_directives") or {},
        bindings=application_read.bindings_of(plan.get("endpoint_bindings")),
        resources=plan.get("resources") or {},
        registries=registries(plan),
        base=block["base"] if known(block.get("base")) else "",
    )


def _charm_changes(plan: Object, prior: Object) -> bool:
    return any(plan.get(block) != prior.get(block) for block in ("charm", "local_charm"))


def _check_text(config: Object, name: str, parse: Any) -> list[Diagnostic]:
    value = config.get(name)
    if not known(value) or not wholly_known(value):
        return []
    try:
        parse(value)
    except JujuError as error:
        return [Diagnostic(f"Invalid {name}", f"{error.what}: {error.why}", (name,))]
    return []
