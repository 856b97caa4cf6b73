"""Application: relations, and offers consumed to be related to."""

from __future__ import annotations

from pydantic import AliasChoices, Field

from sunbeam.operators.api.call import Call, each
from sunbeam.operators.api.entity_data import endpoint_json
from sunbeam.operators.api.permissions import has_offer_access
from sunbeam.operators.api.registry import method
from sunbeam.operators.api.wire import Json, Params, untag
from sunbeam.operators.operations.errors import Unauthorized
from sunbeam.operators.operations.offers import OfferUrl, consume, destroy_consumed, find_offer
from sunbeam.operators.operations.relations import add_relation, destroy_relation, find_relation


class AddRelationParams(Params):
    endpoints: list[str]
    via_cidrs: list[str] = []


class DestroyRelationParams(Params):
    endpoints: list[str] = []
    relation_id: int | None = None
    force: bool = False


class ConsumeItem(Params):
    offer_url: str
    application_alias: str = ""


class ConsumeParams(Params):
    args: list[ConsumeItem] = Field(validation_alias=AliasChoices("args", "Args"))


class ConsumedItem(Params):
    application_tag: str


class ConsumedParams(Params):
    applications: list[ConsumedItem]


@method("Application.AddRelation", "write")
def add(call: Call, params: AddRelationParams) -> Json:
    with call.edit() as edit:
        relation = add_relation(edit, params.endpoints)
    return {"endpoints": {end.application: endpoint_json(end) for end in relation.endpoints}}


@method("Application.DestroyRelation", "write")
def destroy(call: Call, params: DestroyRelationParams) -> Json:
    number = params.relation_id if not params.endpoints else None
    with call.edit() as edit:
        destroy_relation(edit, find_relation(edit, params.endpoints, number))
    return {}


@method("Application.Consume", "write")
def consume_offers(call: Call, params: ConsumeParams) -> Json:
    def take(item: ConsumeItem) -> Json:
        url = OfferUrl.parse(item.offer_url)
        source, offer = find_offer(call.store, url)
        if not has_offer_access(call.user, source, offer, "consume"):
            raise Unauthorized()
        with call.edit() as edit:
            remote = consume(edit, url, item.application_alias)
        return {"local-name": remote.name}

    return each(params.args, take)


@method("Application.DestroyConsumedApplications", "write")
def destroy_consumed_applications(call: Call, params: ConsumedParams) -> Json:
    def let_go(item: ConsumedItem) -> None:
        with call.edit() as edit:
            destroy_consumed(edit, untag(item.application_tag, "application"))

    return each(params.applications, let_go)
