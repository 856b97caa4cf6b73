"""Entities as clients see them in deltas: the fields that Juju's clients read."""

from __future__ import annotations

from functools import singledispatch

from sunbeam.operators.api.statuses import agent_status, workload_status
from sunbeam.operators.api.wire import NEVER, Json
from sunbeam.operators.charm_metadata import effective_config, is_subordinate
from sunbeam.operators.entities import (
    Action,
    Application,
    Charm,
    Endpoint,
    Entity,
    Machine,
    Model,
    Offer,
    Relation,
    RemoteApplication,
    Status,
    Unit,
)
from sunbeam.operators.operations.controller import JUJU_VERSION
from sunbeam.operators.operations.edit import ModelView
from sunbeam.operators.operations.offers import connections


def status_json(status: Status, version: str = "") -> Json:
    return {
        "current": status.current,
        "message": status.message,
        "since": status.since,
        "version": version,
        "data": status.data,
    }


def endpoint_json(end: Endpoint) -> Json:
    return {
        "name": end.name,
        "role": end.role,
        "interface": end.interface,
        "optional": end.optional,
        "limit": end.limit,
        "scope": end.scope,
    }


@singledispatch
def entity_data(entity: Entity, view: ModelView) -> Json:
    """The ``data`` of a delta.  Raises TypeError for a kind that watchers are not told of."""
    raise TypeError(f"{entity.kind} is not told to watchers")


@entity_data.register
def _model(model: Model, view: ModelView) -> Json:
    return {
        "model-uuid": model.model_uuid,
        "name": model.name,
        "life": model.life,
        "owner": model.owner,
        "controller-uuid": "",
        "is-controller": False,
        "config": {"name": model.name, "uuid": model.model_uuid, **model.config},
        "status": {"current": "available" if model.life == "alive" else "destroying", "message": "",
                   "since": model.created, "version": "", "data": {}},
        "constraints": model.constraints,
        "sla": {"level": "unsupported", "owner": ""},
        "type": "caas" if view.is_kubernetes else "iaas",
        "cloud": "sunbeam" if view.is_kubernetes else "machines",
        "cloud-region": "default",
        "cloud-credential": "",
        "version": JUJU_VERSION,
    }  # fmt: skip


@entity_data.register
def _machine(machine: Machine, view: ModelView) -> Json:
    addresses = (
        [{"value": machine.address, "type": "ipv4", "scope": "local-cloud"}] if machine.address else []
    )
    return {
        "model-uuid": machine.model_uuid,
        "id": machine.number,
        "instance-id": machine.instance_id,
        "hostname": machine.hostname,
        "life": machine.life,
        "base": machine.base,
        "agent-status": status_json(machine.status, JUJU_VERSION),
        "instance-status": status_json(machine.instance_status),
        "addresses": addresses,
        "hardware-characteristics": machine.hardware,
        "supported-containers": [],
        "supported-containers-known": False,
        "jobs": ["JobHostUnits"],
        "container-type": "",
        "has-vote": False,
        "wants-vote": False,
    }


@entity_data.register
def _charm(charm: Charm, view: ModelView) -> Json:
    return {
        "model-uuid": charm.model_uuid,
        "charm-url": charm.url,
        "charm-version": "",
        "life": "alive",
        "profile": None,
        "config": {name: spec.get("default") for name, spec in charm.config.items()},
    }


@entity_data.register
def _application(application: Application, view: ModelView) -> Json:
    charm = view.find(Charm, application.charm_url)
    return {
        "model-uuid": application.model_uuid,
        "name": application.name,
        "exposed": application.exposed is not None,
        "charm-url": application.charm_url,
        "owner-tag": "",
        "life": application.life,
        "min-units": 0,
        "constraints": application.constraints,
        "config": effective_config(charm, application) if charm else {},
        "subordinate": charm is not None and is_subordinate(charm),
        "status": status_json(application.status),
        "workload-version": application.workload_version,
    }


@entity_data.register
def _remote_application(remote: RemoteApplication, view: ModelView) -> Json:
    return {
        "model-uuid": remote.model_uuid,
        "name": remote.name,
        "offer-uuid": remote.offer_uuid,
        "offer-url": remote.offer_url,
        "life": remote.life,
        "status": status_json(remote.status),
    }


@entity_data.register
def _unit(unit: Unit, view: ModelView) -> Json:
    application = view.find(Application, unit.application)
    charm = view.find(Charm, application.charm_url) if application else None
    return {
        "model-uuid": unit.model_uuid,
        "name": unit.name,
        "application": unit.application,
        "charm-url": application.charm_url if application else "",
        "life": unit.life,
        "base": application.base if application else "",
        "public-address": unit.address,
        "private-address": unit.address,
        "machine-id": unit.machine,
        "ports": [],
        "port-ranges": [],
        "principal": unit.principal,
        "subordinate": charm is not None and is_subordinate(charm),
        "workload-status": status_json(workload_status(unit)),
        "agent-status": status_json(agent_status(unit), JUJU_VERSION),
    }


@entity_data.register
def _relation(relation: Relation, view: ModelView) -> Json:
    return {
        "model-uuid": relation.model_uuid,
        "key": relation.key,
        "id": relation.number,
        "endpoints": [
            {"application-name": end.application, "relation": endpoint_json(end)}
            for end in relation.endpoints
        ],
    }


@entity_data.register
def _offer(offer: Offer, view: ModelView) -> Json:
    used = connections(view, offer)
    application = view.find(Application, offer.application)
    return {
        "model-uuid": offer.model_uuid,
        "offer-name": offer.name,
        "offer-uuid": offer.uuid,
        "application-name": offer.application,
        "charm-name": view.charm_of(application).name if application else "",
        "total-connected-count": len(used),
        "active-connected-count": sum(relation.life == "alive" for relation in used),
    }


@entity_data.register
def _action(action: Action, view: ModelView) -> Json:
    return {
        "model-uuid": action.model_uuid,
        "id": action.id,
        "receiver": action.unit,
        "name": action.name,
        "status": action.status,
        "message": action.message,
        "enqueued": action.enqueued,
        "started": action.started or NEVER,
        "completed": action.completed or NEVER,
    }
