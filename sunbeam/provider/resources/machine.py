"""juju_machine."""

from __future__ import annotations

import asyncio

from sunbeam.juju import machines
from sunbeam.juju.constraints import parse_constraints
from sunbeam.juju.errors import JujuNotFound
from sunbeam.juju.model import Model
from sunbeam.provider.diagnostics import Diagnostic
from sunbeam.provider.resource import Operation, Resource, check_model_uuid, split_id
from sunbeam.provider.resources.model import managed
from sunbeam.provider.session import Session
from sunbeam.provider.values import Object, known


class Machine(Resource):
    type_name = "juju_machine"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._adding = asyncio.Lock()
        """Juju numbers machines wrongly when asked for several at once."""
        self._accounted: set[str] = set()
        """Machines that a state knows, or will know."""

    def validate(self, config: Object) -> list[Diagnostic]:
        found = check_model_uuid(config)
        found += [
            Diagnostic(
                "Enrolment over SSH is not done here",
                f"Sunbeam enrols machines itself: leave out {name}.",
                (name,),
            )
            for name in ("ssh_address", "public_key_file", "private_key_file")
            if config.get(name) is not None
        ]
        return found

    async def create(self, plan: Object, config: Object) -> Object:
        model = await self.session.model(plan["model_uuid"])
        async with self._adding:
            id = await self._unaccounted(model, plan) or await machines.add(
                model,
                constraints=plan["constraints"] if known(plan.get("constraints")) else "",
                base=plan["base"] if known(plan.get("base")) else "",
                placement=plan.get("placement") or "",
                disks=plan.get("disks") or "",
            )
            self._accounted.add(id)
        name = plan["name"] if known(plan.get("name")) else f"machine-{id}"
        return {"machine_id": id, "name": name, "id": f"{model.uuid}:{id}:{name}"}

    async def _unaccounted(self, model: Model, plan: Object) -> str:
        """A like machine that no state knows, left by a killed run; machines have no name of their own."""
        if not self.session.adopts:
            return ""
        status = await self.session.status(model)
        wanted = parse_constraints(plan["constraints"] if known(plan.get("constraints")) else "")
        for machine in status.machines.values():
            if machine.id not in self._accounted and parse_constraints(machine.constraints) == wanted:
                return machine.id
        return ""

    async def complete(self, state: Object, plan: Object) -> None:
        if plan["annotations"]:
            model = await self.session.model(state["model_uuid"])
            await model.annotate(f"machine-{state['machine_id']}", plan["annotations"])

    async def read(self, state: Object) -> Object | None:
        self._accounted.add(state["machine_id"])
        model = await self.model_of(state)
        if model is None:
            return None
        try:
            found = (await self.session.status(model)).machines.get(state["machine_id"])
            if found is None:
                return None
            annotations = await model.annotations(f"machine-{found.id}")
        except JujuNotFound:
            return None
        return {
            **state,
            "machine_id": found.id,
            "name": state.get("name") or f"machine-{found.id}",
            "id": f"{model.uuid}:{found.id}:{state.get('name') or f'machine-{found.id}'}",
            "base": state.get("base") or found.base or None,
            "constraints": _constraints(state.get("constraints"), found.constraints),
            "hostname": found.hostname,
            "instance_id": found.instance_id,
            "annotations": managed(state.get("annotations"), annotations),
        }

    async def appeared(self, state: Object, plan: Object) -> Object | None:
        found = await self.read(state)
        if found is not None and plan.get("wait_for_hostname") and not found["hostname"]:
            self.session.forget(state["model_uuid"])
            return None
        return found

    async def update(self, prior: Object, plan: Object, config: Object, operation: Operation) -> None:
        if plan.get("annotations") != prior.get("annotations"):
            model = await self.session.model(prior["model_uuid"])
            after = plan.get("annotations") or {}
            removed = dict.fromkeys(set(prior.get("annotations") or {}) - set(after), "")
            await model.annotate(f"machine-{prior['machine_id']}", {**removed, **after})

    async def delete(self, state: Object) -> None:
        model = await self.model_of(state)
        if model is not None:
            await machines.remove(model, state["machine_id"])

    async def locate(self, id: str) -> Object:
        uuid, machine, name = split_id(id, 3, "MODEL_UUID:MACHINE_ID:NAME")
        return {"model_uuid": uuid, "machine_id": machine, "name": name}


def _constraints(before: str | None, actual: str) -> str | None:
    if before is not None and (not actual or parse_constraints(before) == parse_constraints(actual)):
        return before
    return actual or None
