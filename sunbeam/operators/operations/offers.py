"""Offers of endpoints to other models, and their consumption."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

from sunbeam.operators.entities import Application, Endpoint, Model, Offer, Relation, RemoteApplication
from sunbeam.operators.operations.charms import endpoints_of
from sunbeam.operators.operations.edit import ModelEdit, ModelView
from sunbeam.operators.operations.errors import AlreadyExists, BadRequest, NotFound
from sunbeam.operators.store import Store

_URL = re.compile(
    r"(?:(?P<controller>[^:/]+):)?(?:(?P<owner>[^/]+)/)?(?P<model>[^/.:]+)\.(?P<offer>[^/.:]+)\Z"
)


@dataclass(frozen=True)
class OfferUrl:
    """``[CONTROLLER:]OWNER/MODEL.OFFER``; the owner is ``admin`` if it is left out."""

    owner: str
    model: str
    offer: str

    @classmethod
    def parse(cls, text: str) -> OfferUrl:
        found = _URL.match(text)
        if not found:
            raise BadRequest(f'application offer URL "{text}" not valid: expected OWNER/MODEL.OFFER')
        return cls(found["owner"] or "admin", found["model"], found["offer"])

    def __str__(self) -> str:
        return f"{self.owner}/{self.model}.{self.offer}"


def url_of(model: Model, offer: Offer) -> OfferUrl:
    return OfferUrl(model.owner, model.name, offer.name)


def find_offer(store: Store, url: OfferUrl) -> tuple[Model, Offer]:
    """Raises NotFound."""
    for model in store.all(Model):
        if (model.owner, model.name) == (url.owner, url.model):
            offer = store.get(Offer, model.model_uuid, url.offer)
            if offer is not None:
                return model, offer
    raise NotFound(f'application offer "{url}" not found')


def find_offer_by_uuid(store: Store, offer_uuid: str) -> Offer | None:
    return next((offer for offer in store.all(Offer) if offer.uuid == offer_uuid), None)


def offered_endpoints(view: ModelView, offer: Offer) -> list[Endpoint]:
    """The endpoints as consumers see them: under the names they are offered as."""
    ends = {end.name: end for end in endpoints_of(view.charm_of(view.application(offer.application)), "")}
    return [
        ends[name].model_copy(update={"name": shown, "application": offer.name})
        for shown, name in offer.endpoints.items()
        if name in ends
    ]


def create_offer(
    edit: ModelEdit, name: str, application: str, endpoints: dict[str, str], owner: str, description: str = ""
) -> Offer:
    """Offer ``endpoints`` (shown name -> endpoint name).  Offering again with the same name updates it."""
    edit.require_alive()
    offered = edit.application(application)
    known = {end.name: end for end in endpoints_of(edit.charm_of(offered), application)}
    for endpoint in endpoints.values():
        if endpoint not in known:
            raise NotFound(f'application "{application}" has no "{endpoint}" relation')
        if known[endpoint].role == "peer" or known[endpoint].scope == "container":
            raise BadRequest(f'endpoint "{application}:{endpoint}" cannot be offered: only global'
                             " provided or required ones can")  # fmt: skip
    if not endpoints:
        raise BadRequest(f'an offer of application "{application}" needs at least one endpoint')
    offer = edit.find(Offer, name)
    if offer is None:
        offer = Offer(
            model_uuid=edit.model.model_uuid,
            uuid=str(uuid.uuid4()),
            name=name,
            application=application,
            access={owner: "admin"},
        )
    elif offer.application != application:
        raise AlreadyExists(f'offer "{name}" already exists: it offers application "{offer.application}"')
    offer.endpoints, offer.description = dict(endpoints), description
    edit.put(offer)
    return offer


def connections(view: ModelView, offer: Offer) -> list[Relation]:
    """The relations in the offering model that other models made through ``offer``."""
    names = set(offer.endpoints.values())
    return [
        relation
        for relation in view.relations_of(offer.application)
        if relation.mirror and (end := relation.endpoint_of(offer.application)) and end.name in names
    ]


def destroy_offer(edit: ModelEdit, offer: Offer, force: bool) -> None:
    """Withdraw an offer; ``force`` also ends the relations made through it."""
    used = [relation for relation in connections(edit, offer) if relation.life == "alive"]
    if used and not force:
        count = f"{len(used)} relation{'s' if len(used) > 1 else ''}"
        raise BadRequest(f'cannot delete application offer "{offer.name}": offer has {count}')
    for relation in used:
        relation.life = "dying"
        edit.put(relation)
    edit.delete(offer)


def consume(edit: ModelEdit, url: OfferUrl, alias: str = "") -> RemoteApplication:
    """Make an offer of another model relatable here under ``alias``.  Consuming again changes nothing."""
    edit.require_alive()
    source, offer = find_offer(edit.store, url)
    name = alias or offer.name
    existing = edit.find(RemoteApplication, name)
    if existing is not None and existing.offer_uuid == offer.uuid and existing.life == "alive":
        return existing
    if existing is not None:
        state = "already exists" if existing.life == "alive" else "is still being removed"
        raise AlreadyExists(f'saas application "{name}" {state}')
    _require_free_name(edit, name)
    remote = RemoteApplication(
        model_uuid=edit.model.model_uuid,
        name=name,
        offer_url=str(url),
        offer_uuid=offer.uuid,
        source_model_uuid=source.model_uuid,
        source_application=offer.application,
        endpoints=[
            end.model_copy(update={"application": name})
            for end in offered_endpoints(ModelView(edit.store, source), offer)
        ],
    )
    edit.put(remote)
    return remote


def destroy_consumed(edit: ModelEdit, name: str) -> None:
    """Let a consumed offer go: its relations end, then the engine removes it."""
    remote = edit.remote_application(name)
    if remote.life == "alive":
        remote.life = "dying"
        edit.put(remote)


def _require_free_name(edit: ModelEdit, name: str) -> None:
    if edit.find(Application, name) is not None:
        raise AlreadyExists(f'cannot add saas application "{name}": application already exists')
