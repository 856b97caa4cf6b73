"""juju_model."""

from __future__ import annotations

from typing import Any

from sunbeam.juju.constraints import format_constraints, parse_constraints
from sunbeam.juju.errors import JujuNotFound
from sunbeam.provider.resource import Operation, Resource, split_id
from sunbeam.provider.values import Object, known

NO_KEYS = {"authorized-keys": ""}
"""Without it a client would send the key of whoever runs it."""


class ModelResource(Resource):
    type_name = "juju_model"

    async def create(self, plan: Object, config: Object) -> Object:
        cloud = plan["cloud"][0] if plan.get("cloud") else {}
        model = await self.session.controller.add_model(
            plan["name"],
            cloud=cloud.get("name") or "",
            region=_or_empty(cloud.get("region")),
            credential=_or_empty(plan.get("credential")),
            config={**NO_KEYS, **(plan.get("config") or {})},
        )
        return {"uuid": model.uuid, "id": model.uuid}

    async def existing(self, plan: Object) -> Object | None:
        for summary in await self.session.controller.models():
            if summary.name == plan["name"]:
                return {"uuid": summary.uuid, "id": summary.uuid}
        return None

    async def complete(self, state: Object, plan: Object) -> None:
        model = await self.session.model(state["uuid"])
        if plan["constraints"]:
            await model.set_constraints(plan["constraints"])
        if plan["annotations"]:
            await model.annotate(f"model-{model.uuid}", plan["annotations"])

    async def read(self, state: Object) -> Object | None:
        try:
            info = await self.session.controller.model_info(state["uuid"])
            if info.get("life", "alive") != "alive":
                return state if info["life"] == "dying" else None
            model = await self.session.model(state["uuid"])
        except JujuNotFound:
            return None
        constraints = format_constraints(await model.constraints())
        return {
            **state,
            "name": info["name"],
            "uuid": info["uuid"],
            "id": info["uuid"],
            "type": info.get("type") or model.type,
            "config": _configured(state.get("config"), await model.config() if state.get("config") else {}),
            "constraints": _same_text(state.get("constraints"), constraints),
            "annotations": managed(state.get("annotations"), await model.annotations(f"model-{model.uuid}")),
            "credential": info.get("cloud-credential-tag", "").removeprefix("cloudcred-").replace("_", "/")
            or None,
            "agent_version": info.get("agent-version") or None,
            "cloud": self._cloud(state, info),
        }

    async def update(self, prior: Object, plan: Object, config: Object, operation: Operation) -> None:
        model = await self.session.model(prior["uuid"])
        before, after = prior.get("config") or {}, plan.get("config") or {}
        changed = {key: value for key, value in after.items() if before.get(key) != value}
        await model.set_config(changed, sorted(set(before) - set(after)))
        if plan.get("constraints") != prior.get("constraints"):
            await model.set_constraints(plan.get("constraints") or "")
        if plan.get("annotations") != prior.get("annotations"):
            removed = dict.fromkeys(
                set(prior.get("annotations") or {}) - set(plan.get("annotations") or {}), ""
            )
            await model.annotate(f"model-{model.uuid}", {**removed, **(plan.get("annotations") or {})})
        if known(plan.get("credential")) and plan["credential"] != prior.get("credential"):
            await self.session.controller.change_model_credential(model.uuid, plan["credential"])

    async def delete(self, state: Object) -> None:
        await self.session.controller.destroy_model(state["uuid"], wait=False)

    async def locate(self, id: str) -> Object:
        (uuid,) = split_id(id, 1, "MODEL_UUID")
        return {"uuid": uuid}

    def _cloud(self, state: Object, info: Object) -> list[Object]:
        """Nothing where the configuration left the cloud to the controller; all of it on import."""
        imported = state.get("name") is None
        if not imported and not state["cloud"]:
            return []
        name = info.get("cloud-tag", "").removeprefix("cloud-") or state["cloud"][0]["name"]
        return [{"name": name, "region": info.get("cloud-region") or None}]


def managed(before: dict[str, str] | None, actual: dict[str, str]) -> dict[str, str] | None:
    """The annotations this resource manages, with their present values."""
    return None if before is None else {key: actual[key] for key in before if key in actual}


def _configured(before: dict[str, str] | None, actual: dict[str, Any]) -> dict[str, str] | None:
    """The model options this resource manages, with their present values."""
    if not before:
        return before
    values = {key: actual[key].get("value") for key in before if key in actual}
    return {
        key: before[key] if str(value).lower() == before[key].lower() else str(value)
        for key, value in values.items()
        if value is not None
    }


def _same_text(before: str | None, actual: str) -> str | None:
    if before is not None and parse_constraints(before) == parse_constraints(actual):
        return before
    return actual or None


def _or_empty(value: Any) -> str:
    return value if known(value) else ""
