"""Integrations between applications, and with consumed offers."""

from __future__ import annotations

from collections.abc import Sequence

from sunbeam.juju.controller import Controller
from sunbeam.juju.errors import JujuAlreadyExists, JujuNotFound
from sunbeam.juju.model import Model
from sunbeam.juju.status import RelationEnd, full_status


async def integrate(model: Model, ends: Sequence[str], via: str = "") -> tuple[RelationEnd, ...]:
    """Relate two ``APPLICATION[:ENDPOINT]``; returns both ends as Juju chose them.

    ``via`` is a comma-separated list of CIDRs for cross-model traffic.  Raises JujuAlreadyExists.
    """
    cidrs = [cidr.strip() for cidr in via.split(",") if cidr.strip()]
    answer = await model.change(
        "Application", "AddRelation", {"endpoints": list(ends), "via-cidrs": cidrs or None}
    )
    return tuple(
        RelationEnd(application, end.get("name", ""), end.get("role", ""))
        for application, end in (answer.get("endpoints") or {}).items()
    )


async def separate(model: Model, ends: Sequence[str]) -> None:
    """Remove the relation of two ``APPLICATION:ENDPOINT``; one that is gone is fine."""
    try:
        await model.change("Application", "DestroyRelation", {"endpoints": list(ends)})
    except JujuNotFound:
        return


async def consume(controller: Controller, model: Model, offer_url: str, alias: str = "") -> str:
    """Make an offer usable in ``model``; returns the name of its SAAS there.

    An offer consumed before keeps its name; a name taken by something else gets a number.
    """
    wanted = bare_offer_url(offer_url)
    status = await full_status(model)
    for remote in status.remote_applications.values():
        if bare_offer_url(remote.offer_url) == wanted and remote.life in ("", "alive"):
            return remote.name
    details = (
        await controller.link.request(
            "ApplicationOffers", "GetConsumeDetails", {"offer-urls": {"offer-urls": [wanted]}}, read=True
        )
    )["results"][0]
    taken = set(status.applications) | set(status.remote_applications)
    base = alias or details["offer"]["offer-name"]
    name = base
    number = 1
    while name in taken:
        name = f"{base}-{number}"
        number += 1
    argument = {
        **details["offer"],
        "application-alias": name,
        "macaroon": details.get("macaroon"),
        "external-controller": details.get("external-controller"),
    }
    try:
        await model.change("Application", "Consume", {"args": [argument]})
    except JujuAlreadyExists:
        return await consume(controller, model, offer_url, alias)
    return name


async def stop_consuming(model: Model, name: str) -> None:
    """Remove a SAAS; one that is gone is fine."""
    request = {"application-tag": f"application-{name}"}
    try:
        await model.change("Application", "DestroyConsumedApplications", {"applications": [request]})
    except JujuNotFound:
        return


def bare_offer_url(url: str) -> str:
    """``[CONTROLLER:]OWNER/MODEL.OFFER`` without its controller."""
    return url.rpartition(":")[2]
