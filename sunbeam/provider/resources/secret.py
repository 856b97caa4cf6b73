"""juju_secret."""

from __future__ import annotations

from sunbeam.juju import secrets
from sunbeam.juju.errors import JujuNotFound
from sunbeam.provider.diagnostics import Diagnostic
from sunbeam.provider.resource import Operation, Resource, check_model_uuid, split_id
from sunbeam.provider.values import Object, known


class SecretResource(Resource):
    type_name = "juju_secret"

    def validate(self, config: Object) -> list[Diagnostic]:
        found = check_model_uuid(config)
        values = [name for name in ("value", "value_wo") if config.get(name) is not None]
        if len(values) != 1:
            found.append(Diagnostic("One value is needed", "Write either value or value_wo.", ("value",)))
        for name in values:
            if known(config[name]):
                short = sorted(key for key in config[name] if len(key) < 3)
                if short:
                    found.append(
                        Diagnostic(
                            "Key too short", f"Juju wants 3 characters or more: {', '.join(short)}.", (name,)
                        )
                    )
        return found

    async def create(self, plan: Object, config: Object) -> Object:
        model = await self.session.model(plan["model_uuid"])
        uri = await secrets.create(
            model, _value(plan, config), label=plan.get("name") or "", description=plan.get("info") or ""
        )
        return _identity(model.uuid, uri)

    async def existing(self, plan: Object) -> Object | None:
        model = await self.session.model(plan["model_uuid"])
        return _identity(model.uuid, (await secrets.find(model, plan["name"])).uri)

    async def read(self, state: Object) -> Object | None:
        model = await self.model_of(state)
        if model is None:
            return None
        reveal = state.get("value") is not None or not state.get("id")
        try:
            secret = await secrets.find(model, state.get("secret_uri") or state["name"], reveal=reveal)
        except JujuNotFound:
            return None
        return {
            **state,
            "name": secret.label or None,
            "info": secret.description or None,
            "value": secret.value if reveal else None,
            **_identity(model.uuid, secret.uri),
        }

    async def update(self, prior: Object, plan: Object, config: Object, operation: Operation) -> None:
        model = await self.session.model(prior["model_uuid"])
        renewed = (
            plan.get("value") != prior.get("value") or plan["value_wo_version"] != prior["value_wo_version"]
        )
        await secrets.update(
            model,
            prior["secret_uri"],
            value=_value(plan, config) if renewed else None,
            label=(plan.get("name") or "") if plan.get("name") != prior.get("name") else None,
            description=(plan.get("info") or "") if plan.get("info") != prior.get("info") else None,
        )

    async def delete(self, state: Object) -> None:
        model = await self.model_of(state)
        if model is not None:
            await secrets.remove(model, state["secret_uri"])

    async def locate(self, id: str) -> Object:
        uuid, name = split_id(id, 2, "MODEL_UUID:SECRET_NAME")
        return {"model_uuid": uuid, "name": name}


def _value(plan: Object, config: Object) -> dict[str, str]:
    """A write-only value is in the configuration alone."""
    value: dict[str, str] = plan.get("value") or config.get("value_wo") or {}
    return value


def _identity(uuid: str, uri: str) -> Object:
    id = secrets.bare_secret_id(uri)
    return {"secret_id": id, "secret_uri": f"secret:{id}", "id": f"{uuid}:{id}"}
