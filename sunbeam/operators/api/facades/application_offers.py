"""ApplicationOffers: offering endpoints to other models, and finding offers."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import AliasChoices, Field

from sunbeam.operators.api.call import Call, each
from sunbeam.operators.api.permissions import OfferLevel, has_offer_access, is_superuser
from sunbeam.operators.api.registry import method
from sunbeam.operators.api.status import remote_endpoint
from sunbeam.operators.api.wire import Json, Params, untag, user_in
from sunbeam.operators.entities import Model, Offer
from sunbeam.operators.operations.edit import ModelView
from sunbeam.operators.operations.errors import NotFound, Unauthorized
from sunbeam.operators.operations.offers import (
    OfferUrl,
    connections,
    create_offer,
    destroy_offer,
    find_offer,
    offered_endpoints,
    url_of,
)
from sunbeam.operators.operations.users import OFFER_LEVELS, modify_access, user_by_name


class NewOffer(Params):
    model_tag: str
    application_name: str
    offer_name: str = ""
    endpoints: dict[str, str]
    application_description: str = ""
    owner_tag: str = ""


class OfferParams(Params):
    offers: list[NewOffer] = Field(validation_alias=AliasChoices("Offers", "offers"))


class OfferFilter(Params):
    owner_name: str = ""
    model_name: str = ""
    offer_name: str = ""
    application_name: str = ""


class FilterParams(Params):
    filters: list[OfferFilter] = Field([], validation_alias=AliasChoices("Filters", "filters"))


class UrlsParams(Params):
    offer_urls: list[str]
    bakery_version: int = 0


class ConsumeDetailsParams(Params):
    offer_urls: UrlsParams
    user_tag: str = ""


class DestroyParams(Params):
    offer_urls: list[str]
    force: bool = False


class AccessChange(Params):
    offer_url: str
    user_tag: str
    action: str
    access: str


class AccessChanges(Params):
    changes: list[AccessChange]


@method("ApplicationOffers.Offer", "login")
def offer(call: Call, params: OfferParams) -> Json:
    def create(item: NewOffer) -> None:
        model = call.model_with(untag(item.model_tag, "model"), "admin")
        owner = user_in(item.owner_tag) if item.owner_tag else call.user.name
        with call.edit(model) as edit:
            create_offer(
                edit,
                item.offer_name or item.application_name,
                item.application_name,
                item.endpoints,
                owner,
                item.application_description,
            )

    return each(params.offers, create)


@method("ApplicationOffers.ListApplicationOffers", "login")
def list_application_offers(call: Call, params: FilterParams) -> Json:
    """Offers the user administers."""
    return {"results": list(_filtered(call, params.filters, "admin"))}


@method("ApplicationOffers.FindApplicationOffers", "login")
def find_application_offers(call: Call, params: FilterParams) -> Json:
    """Offers the user may see."""
    return {"results": list(_filtered(call, params.filters, "read"))}


@method("ApplicationOffers.ApplicationOffers", "login")
def application_offers(call: Call, params: UrlsParams) -> Json:
    def show(url: str) -> Json:
        model, found = _accessible(call, url, "read")
        return {"result": _admin_details(call, model, found)}

    return each(params.offer_urls, show)


@method("ApplicationOffers.GetConsumeDetails", "login")
def get_consume_details(call: Call, params: ConsumeDetailsParams) -> Json:
    def details(url: str) -> Json:
        model, found = _accessible(call, url, "consume")
        return {
            "offer": _details(call, model, found),
            "macaroon": {"signature": "", "caveats": [], "location": "", "identifier": found.uuid},
            "external-controller": {
                "controller-tag": f"controller-{call.controller.uuid}",
                "controller-alias": "",
                "addrs": list(call.controller.endpoints),
                "ca-cert": call.controller.ca_certificate,
            },
        }

    return each(params.offer_urls.offer_urls, details)


@method("ApplicationOffers.DestroyOffers", "login")
def destroy_offers(call: Call, params: DestroyParams) -> Json:
    def withdraw(url: str) -> None:
        model, found = _accessible(call, url, "admin")
        with call.edit(model) as edit:
            destroy_offer(edit, found, params.force)

    return each(params.offer_urls, withdraw)


@method("ApplicationOffers.ModifyOfferAccess", "login")
def modify_offer_access(call: Call, params: AccessChanges) -> Json:
    def modify(change: AccessChange) -> None:
        _, found = _accessible(call, change.offer_url, "admin")
        user = user_by_name(call.store, user_in(change.user_tag))
        with call.store.transaction() as tx:
            modify_access(tx, found, OFFER_LEVELS, user.name, change.action, change.access)

    return each(params.changes, modify)


def _accessible(call: Call, url: str, level: OfferLevel) -> tuple[Model, Offer]:
    """Raises NotFound also for what the user may not even see, Unauthorized for too little access."""
    parsed = OfferUrl.parse(url)
    model, found = find_offer(call.store, parsed)
    if has_offer_access(call.user, model, found, level):
        return model, found
    if has_offer_access(call.user, model, found, "read"):
        raise Unauthorized()
    raise NotFound(f'application offer "{parsed}" not found')


def _filtered(call: Call, filters: list[OfferFilter], level: OfferLevel) -> Iterable[Json]:
    for model in call.store.all(Model):
        for found in call.store.all(Offer, model.model_uuid):
            wanted = not filters or any(_matches(item, model, found) for item in filters)
            if wanted and has_offer_access(call.user, model, found, level):
                yield _admin_details(call, model, found)


def _matches(wanted: OfferFilter, model: Model, offer: Offer) -> bool:
    return (
        wanted.owner_name in ("", model.owner)
        and wanted.model_name in ("", model.name)
        and wanted.offer_name in ("", offer.name)
        and wanted.application_name in ("", offer.application)
    )


def _details(call: Call, model: Model, offer: Offer) -> Json:
    shown = (
        offer.access if is_superuser(call.user) else {call.user.name: offer.access.get(call.user.name, "")}
    )
    return {
        "source-model-tag": f"model-{model.model_uuid}",
        "offer-uuid": offer.uuid,
        "offer-url": str(url_of(model, offer)),
        "offer-name": offer.name,
        "application-description": offer.description,
        "endpoints": [remote_endpoint(end) for end in offered_endpoints(ModelView(call.store, model), offer)],
        "users": [
            {"user": name, "display-name": name, "access": access} for name, access in shown.items() if access
        ],
    }


def _admin_details(call: Call, model: Model, offer: Offer) -> Json:
    view = ModelView(call.store, model)
    return _details(call, model, offer) | {
        "application-name": offer.application,
        "charm-url": view.application(offer.application).charm_url,
        "connections": [
            {
                "source-model-tag": f"model-{relation.mirror.partition(':')[0]}",
                "username": "admin",
                "relation-id": relation.number,
                "endpoint": (end.name if (end := relation.endpoint_of(offer.application)) else ""),
                "status": {"status": "joined" if relation.in_scope else "joining", "info": "", "data": {}},
                "ingress-subnets": [],
            }
            for relation in connections(view, offer)
        ],
    }
