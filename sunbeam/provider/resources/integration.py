"""juju_integration: between two applications of a model, or one and an offer of another model."""

from __future__ import annotations

from sunbeam.juju import relations
from sunbeam.juju.errors import JujuNotFound
from sunbeam.juju.model import Model
from sunbeam.juju.status import ModelStatus, RelationEnd, RelationStatus
from sunbeam.provider.diagnostics import Diagnostic
from sunbeam.provider.resource import Operation, Resource, check_model_uuid, split_id
from sunbeam.provider.values import Object, known


class Integration(Resource):
    type_name = "juju_integration"

    def validate(self, config: Object) -> list[Diagnostic]:
        found = check_model_uuid(config)
        blocks = config["application"]
        for block in blocks if known(blocks) else []:
            name, url = block.get("name"), block.get("offer_url")
            if known(name) and known(url):
                found.append(
                    Diagnostic("name or offer_url", "One application block names both.", ("application",))
                )
            if name is None and url is None:
                found.append(
                    Diagnostic("No application", "A block needs a name or an offer_url.", ("application",))
                )
            if known(url) and "." not in url.rpartition("/")[2]:
                found.append(
                    Diagnostic("Invalid offer URL", f"{url!r} is not OWNER/MODEL.OFFER.", ("application",))
                )
        return found

    async def create(self, plan: Object, config: Object) -> Object:
        model = await self.session.model(plan["model_uuid"])
        ends, offers = await self._ends(model, plan)
        made = await relations.integrate(model, ends, plan.get("via") or "")
        return _created(model, made, offers)

    async def existing(self, plan: Object) -> Object | None:
        model = await self.session.model(plan["model_uuid"])
        ends, offers = await self._ends(model, plan)
        for relation in (await self.session.status(model)).relations:
            if len(relation.ends) == 2 and all(
                any(end in (its.application, f"{its.application}:{its.endpoint}") for its in relation.ends)
                for end in ends
            ):
                return _created(model, relation.ends, offers)
        return None

    async def _ends(self, model: Model, plan: Object) -> tuple[list[str], dict[str, str]]:
        """``APPLICATION[:ENDPOINT]`` of both ends; the URLs of offers by the name they are consumed as."""
        ends, offers = [], {}
        for block in plan["application"]:
            if known(block.get("offer_url")):
                name = await relations.consume(self.session.controller, model, block["offer_url"])
                offers[name] = block["offer_url"]
            else:
                name = block["name"]
            ends.append(f"{name}:{block['endpoint']}" if known(block.get("endpoint")) else name)
        return ends, offers

    async def update(self, prior: Object, plan: Object, config: Object, operation: Operation) -> None:
        """Nothing of it changes in place."""

    async def read(self, state: Object) -> Object | None:
        model = await self.model_of(state)
        if model is None:
            return None
        try:
            status = await self.session.status(model)
        except JujuNotFound:
            return None
        relation = _find(status, state["id"])
        if relation is None:
            return None
        urls = {remote.name: remote.offer_url for remote in status.remote_applications.values()}
        written = {relations.bare_offer_url(url): url for url in _offer_urls(state)}
        blocks = []
        for end in relation.ends:
            url = urls.get(end.application)
            blocks.append(_block(end, written.get(relations.bare_offer_url(url), url) if url else None))
        return {**state, "id": _id(model.uuid, relation.ends), "application": blocks}

    async def delete(self, state: Object) -> None:
        model = await self.model_of(state)
        if model is None:
            return
        status = await self.session.status(model)
        relation = _find(status, state["id"])
        if relation is None:
            return
        await relations.separate(model, [f"{end.application}:{end.endpoint}" for end in relation.ends])
        for end in relation.ends:
            if end.application in status.remote_applications and not _used_elsewhere(status, relation, end):
                await relations.stop_consuming(model, end.application)

    async def locate(self, id: str) -> Object:
        parts = split_id(id, 5, "MODEL_UUID:PROVIDER:ENDPOINT:REQUIRER:ENDPOINT")
        return {"model_uuid": parts[0], "id": id, "application": []}


def _created(model: Model, ends: tuple[RelationEnd, ...], offers: dict[str, str]) -> Object:
    return {
        "id": _id(model.uuid, ends),
        "application": [_block(end, offers.get(end.application)) for end in ends],
    }


def _id(uuid: str, ends: tuple[RelationEnd, ...]) -> str:
    """Provider side first."""
    order = {"provider": 0, "requirer": 1}
    ordered = sorted(ends, key=lambda end: order.get(end.role, 2))
    return ":".join([uuid, *(word for end in ordered for word in (end.application, end.endpoint))])


def _find(status: ModelStatus, id: str) -> RelationStatus | None:
    _, one, its_endpoint, other, other_endpoint = id.split(":")
    for relation in status.relations:
        if (
            relation.has(one, its_endpoint)
            and relation.has(other, other_endpoint)
            and len(relation.ends) == 2
        ):
            return relation
    return None


def _block(end: RelationEnd, offer_url: str | None) -> Object:
    return {
        "name": "" if offer_url else end.application,
        "endpoint": end.endpoint,
        "offer_url": offer_url,
        "offering_controller": None,
    }


def _offer_urls(state: Object) -> list[str]:
    return [block["offer_url"] for block in state.get("application") or [] if known(block.get("offer_url"))]


def _used_elsewhere(status: ModelStatus, relation: RelationStatus, end: RelationEnd) -> bool:
    return any(
        other.id != relation.id and any(their.application == end.application for their in other.ends)
        for other in status.relations
    )
