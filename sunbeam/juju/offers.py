"""Offers: endpoints of an application that other models may consume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sunbeam.juju.controller import Controller
from sunbeam.juju.errors import JujuNotFound
from sunbeam.juju.model import Model
from sunbeam.juju.relations import bare_offer_url


@dataclass(frozen=True)
class Offer:
    """``url`` is ``OWNER/MODEL.NAME``; ``endpoints`` are endpoint names of ``application``."""

    url: str
    name: str
    application: str
    model_uuid: str
    endpoints: tuple[str, ...]
    connections: int


async def create(
    controller: Controller, model: Model, application: str, endpoints: Sequence[str], name: str
) -> None:
    """Raises JujuNotFound when the application is not there."""
    offer = {
        "model-tag": f"model-{model.uuid}",
        "offer-name": name,
        "application-name": application,
        "application-description": "",
        "endpoints": {endpoint: endpoint for endpoint in endpoints},
        "owner-tag": f"user-{controller.credentials.username}",
    }
    await controller.link.request("ApplicationOffers", "Offer", {"Offers": [offer]})
    model.generation += 1


async def of_model(controller: Controller, owner: str, model_name: str) -> list[Offer]:
    query = {
        "model-name": model_name,
        "owner-name": owner,
        "offer-name": "",
        "application-name": "",
        "application-description": "",
        "application-user": "",
        "endpoints": [],
        "connected-users": [],
        "allowed-users": [],
    }
    answer = await controller.link.request(
        "ApplicationOffers", "ListApplicationOffers", {"Filters": [query]}, read=True
    )
    return [_offer(item) for item in answer.get("results") or []]


async def find(controller: Controller, url: str) -> Offer:
    """The offer of that URL.  Raises JujuNotFound."""
    wanted = bare_offer_url(url)
    owner, _, rest = wanted.partition("/")
    model_name = rest.partition(".")[0]
    for offer in await of_model(controller, owner, model_name):
        if bare_offer_url(offer.url) == wanted:
            return offer
    raise JujuNotFound(
        f"there is no offer {wanted}",
        where=f"model {model_name}",
        why="the model does not list it",
        next_command="sunbeam juju status",
    )


async def remove(controller: Controller, url: str, *, force: bool = False) -> None:
    """Remove an offer; one that is gone is fine.  ``force`` breaks the relations over it."""
    try:
        await controller.link.request(
            "ApplicationOffers", "DestroyOffers", {"offer-urls": [bare_offer_url(url)], "force": force}
        )
    except JujuNotFound:
        return


def _offer(raw: dict[str, Any]) -> Offer:
    raw = raw.get("result") or raw
    return Offer(
        url=raw.get("offer-url", ""),
        name=raw.get("offer-name", ""),
        application=raw.get("application-name", ""),
        model_uuid=raw.get("source-model-tag", "").removeprefix("model-"),
        endpoints=tuple(sorted(endpoint["name"] for endpoint in raw.get("endpoints") or [])),
        connections=len(raw.get("connections") or []),
    )
