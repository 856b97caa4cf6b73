"""juju_access_secret: which applications may read a secret."""

from __future__ import annotations

from sunbeam.juju import secrets
from sunbeam.juju.errors import JujuNotFound
from sunbeam.provider.diagnostics import Diagnostic
from sunbeam.provider.resource import Operation, Resource, check_model_uuid, split_id
from sunbeam.provider.values import Object


class AccessSecret(Resource):
    type_name = "juju_access_secret"

    def validate(self, config: Object) -> list[Diagnostic]:
        return check_model_uuid(config)

    async def create(self, plan: Object, config: Object) -> Object:
        model = await self.session.model(plan["model_uuid"])
        id = secrets.bare_secret_id(plan["secret_id"])
        await secrets.grant(model, f"secret:{id}", plan["applications"])
        return {"id": f"{model.uuid}:{id}"}

    async def read(self, state: Object) -> Object | None:
        model = await self.model_of(state)
        if model is None:
            return None
        try:
            secret = await secrets.find(model, state["secret_id"])
        except JujuNotFound:
            return None
        if not secret.applications:
            return None
        written = state["secret_id"]
        return {
            **state,
            "secret_id": written if secrets.bare_secret_id(written) == secret.id else secret.id,
            "applications": list(secret.applications),
            "id": f"{model.uuid}:{secret.id}",
        }

    async def update(self, prior: Object, plan: Object, config: Object, operation: Operation) -> None:
        model = await self.session.model(prior["model_uuid"])
        uri = f"secret:{secrets.bare_secret_id(prior['secret_id'])}"
        before, after = set(prior["applications"]), set(plan["applications"])
        if after - before:
            await secrets.grant(model, uri, sorted(after - before))
        if before - after:
            await secrets.revoke(model, uri, sorted(before - after))

    async def delete(self, state: Object) -> None:
        model = await self.model_of(state)
        if model is None:
            return
        uri = f"secret:{secrets.bare_secret_id(state['secret_id'])}"
        try:
            await secrets.revoke(model, uri, state["applications"])
        except JujuNotFound:
            return

    async def locate(self, id: str) -> Object:
        uuid, name = split_id(id, 2, "MODEL_UUID:SECRET_NAME")
        return {"model_uuid": uuid, "secret_id": name}
