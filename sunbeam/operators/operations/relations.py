"""Adding and removing relations, within a model and across models."""

from __future__ import annotations

import uuid

from sunbeam.operators.bags import other_half
from sunbeam.operators.charm_metadata import is_subordinate
from sunbeam.operators.entities import Application, Endpoint, Relation, RemoteApplication
from sunbeam.operators.operations.charms import endpoints_of
from sunbeam.operators.operations.edit import ModelEdit, ModelView
from sunbeam.operators.operations.endpoints import connected, infer_endpoints, matches, same_end
from sunbeam.operators.operations.errors import AlreadyExists, BadRequest, NotFound
from sunbeam.operators.operations.offers import find_offer_by_uuid


def add_relation(edit: ModelEdit, wanted: list[str]) -> Relation:
    """Relate two applications; with a consumed offer also create its half in the offering model.

    Raises NotFound, BadRequest (ambiguous, limit reached, dying) and AlreadyExists.
    """
    edit.require_alive()
    pair = list(infer_endpoints(edit, wanted))
    _require_alive_ends(edit, pair)
    _require_free(edit, pair)
    if _is_container_scoped(edit, pair):
        pair = [end.model_copy(update={"scope": "container"}) for end in pair]
    relation = _new_relation(edit, pair)
    for end in pair:
        remote = edit.find(RemoteApplication, end.application)
        if remote is not None:
            _mirror(edit, relation, end, remote)
    return relation


def add_peer_relations(edit: ModelEdit, application: Application) -> None:
    for end in endpoints_of(edit.charm_of(application), application.name):
        exists = any(relation.is_peer for relation in connected(edit, end))
        if end.role == "peer" and not exists:
            _new_relation(edit, [end])


def find_relation(view: ModelView, wanted: list[str], number: int | None = None) -> Relation:
    """The relation with ``number``, or the only one ``wanted`` can mean.  Raises NotFound, BadRequest."""
    if number is not None and not wanted:
        relation = view.find(Relation, str(number))
        if relation is None:
            raise NotFound(f'relation "{number}" not found')
        return relation
    found = [relation for relation in view.all(Relation) if wanted and matches(relation, wanted)]
    found = [relation for relation in found if not relation.is_peer] or found
    if not found:
        raise NotFound(f'relation "{" ".join(wanted)}" not found')
    if len(found) > 1:
        keys = "; ".join(f'"{relation.key}"' for relation in found)
        raise BadRequest(f'ambiguous relation: "{" ".join(wanted)}" could refer to {keys}')
    return found[0]


def destroy_relation(edit: ModelEdit, relation: Relation) -> None:
    """Let both halves go; the engine removes them after the units' relation-broken hooks."""
    if relation.is_peer:
        raise BadRequest(f'cannot remove relation "{relation.key}": it is a peer relation')
    for half in (relation, other_half(edit.store, relation)):
        if half is not None and half.life == "alive":
            half.life = "dying"
            edit.put(half)


def consumer_alias(model_uuid: str, application: str, offer_uuid: str) -> str:
    """How the offering model calls a consuming application: ``remote-`` and 32 hexadecimal digits.

    It depends only on who consumes what, so several relations through one offer share one name.
    """
    return f"remote-{uuid.uuid5(uuid.UUID(offer_uuid), f'{model_uuid}:{application}').hex}"


def _new_relation(edit: ModelEdit, endpoints: list[Endpoint]) -> Relation:
    relation = Relation(model_uuid=edit.model.model_uuid, number=edit.next("relation"), endpoints=endpoints)
    edit.put(relation)
    return relation


def _mirror(edit: ModelEdit, relation: Relation, end: Endpoint, remote: RemoteApplication) -> None:
    offering = edit.beside(remote.source_model_uuid)
    offer = find_offer_by_uuid(edit.store, remote.offer_uuid)
    if offering is None or offer is None or end.name not in offer.endpoints:
        raise NotFound(f'application offer "{remote.offer_url}" not found')
    local = relation.other_end(end.application)
    alias = consumer_alias(edit.model.model_uuid, local.application, offer.uuid)
    offered = next(
        candidate
        for candidate in endpoints_of(
            offering.charm_of(offering.application(offer.application)), offer.application
        )
        if candidate.name == offer.endpoints[end.name]
    )
    half = _new_relation(offering, [offered, local.model_copy(update={"application": alias})])
    half.mirror = f"{relation.model_uuid}:{relation.id}"
    relation.mirror = f"{half.model_uuid}:{half.id}"


def _require_alive_ends(view: ModelView, pair: list[Endpoint]) -> None:
    for end in pair:
        application = view.find(Application, end.application) or view.find(RemoteApplication, end.application)
        if application is not None and application.life != "alive":
            raise BadRequest(f'cannot add relation: application "{end.application}" is being removed')


def _require_free(view: ModelView, pair: list[Endpoint]) -> None:
    for relation in connected(view, pair[0]):
        if all(any(same_end(end, other) for other in relation.endpoints) for end in pair):
            state = "already exists" if relation.life == "alive" else "is still being removed"
            raise AlreadyExists(f'cannot add relation "{relation.key}": relation {relation.key} {state}')
    for end in pair:
        if end.limit and len(connected(view, end)) >= end.limit:
            raise BadRequest(
                f'cannot add relation: establishing a new relation for "{end.application}:{end.name}"'
                f" would exceed its maximum relation limit of {end.limit}"
            )


def _is_container_scoped(view: ModelView, pair: list[Endpoint]) -> bool:
    """Container scope needs a subordinate.  Raises BadRequest if there is none."""
    if not any(end.scope == "container" for end in pair):
        return False
    applications = [view.find(Application, end.application) for end in pair]
    if not any(one is not None and is_subordinate(view.charm_of(one)) for one in applications):
        names = " ".join(f"{end.application}:{end.name}" for end in pair)
        raise BadRequest(
            f'cannot add relation "{names}": container scoped relation requires at least one'
            " subordinate application"
        )
    return True
