"""juju_offer."""

from __future__ import annotations

from sunbeam.juju import offers
from sunbeam.juju.errors import JujuNotFound
from sunbeam.provider.diagnostics import Diagnostic, Path, failure
from sunbeam.provider.resource import Operation, Resource, check_model_uuid
from sunbeam.provider.values import UNKNOWN, Object


class OfferResource(Resource):
    type_name = "juju_offer"

    def validate(self, config: Object) -> list[Diagnostic]:
        return check_model_uuid(config)

    async def adjust(self, plan: Object, prior: Object | None, config: Object) -> list[Path]:
        if plan["name"] is UNKNOWN and config["name"] is None:
            plan["name"] = plan["application_name"]
        return []

    async def create(self, plan: Object, config: Object) -> Object:
        controller = self.session.controller
        model = await self.session.model(plan["model_uuid"])
        await offers.create(controller, model, plan["application_name"], plan["endpoints"], plan["name"])
        url = f"{controller.credentials.username}/{model.name}.{plan['name']}"
        return {"url": url, "id": url}

    async def existing(self, plan: Object) -> Object | None:
        owner = self.session.controller.credentials.username
        model = await self.session.model(plan["model_uuid"])
        url = f"{owner}/{model.name}.{plan['name']}"
        return {"url": url, "id": url}

    async def read(self, state: Object) -> Object | None:
        try:
            offer = await offers.find(self.session.controller, state["url"])
        except JujuNotFound:
            return None
        return {
            **state,
            "model_uuid": offer.model_uuid,
            "name": offer.name,
            "application_name": offer.application,
            "endpoints": list(offer.endpoints),
            "url": offer.url,
            "id": offer.url,
            "allow_force_destroy": bool(state.get("allow_force_destroy")),
        }

    async def update(self, prior: Object, plan: Object, config: Object, operation: Operation) -> None:
        """Only ``allow_force_destroy`` and ``timeouts`` change in place; Juju knows neither."""

    async def delete(self, state: Object) -> None:
        await offers.remove(self.session.controller, state["url"], force=bool(state["allow_force_destroy"]))

    async def locate(self, id: str) -> Object:
        if "/" not in id or "." not in id:
            raise failure("Malformed import id", f"{id!r} does not have the form OWNER/MODEL.OFFER.")
        return {"url": id}
