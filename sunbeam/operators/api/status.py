"""FullStatus: everything of a model that ``status`` commands and libjuju's waits look at."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence

from sunbeam.operators.api.statuses import agent_status, application_status, workload_status
from sunbeam.operators.api.storage import storage_details
from sunbeam.operators.api.wire import Json, base_json
from sunbeam.operators.charm_metadata import is_subordinate
from sunbeam.operators.entities import (
    Application,
    Endpoint,
    Machine,
    Offer,
    Relation,
    RemoteApplication,
    Status,
    Storage,
    Unit,
    now,
)
from sunbeam.operators.operations.applications import ALPHA_SPACE
from sunbeam.operators.operations.charms import endpoints_of
from sunbeam.operators.operations.controller import JUJU_VERSION
from sunbeam.operators.operations.edit import ModelView
from sunbeam.operators.operations.machines import DEFAULT_BASE
from sunbeam.operators.operations.offers import connections, offered_endpoints


def full_status(view: ModelView, patterns: Sequence[str] = ()) -> Json:
    """``patterns`` (shell-style) select applications by name, by one of their units, or by its machine."""
    applications = [one for one in view.all(Application) if _is_selected(view, one, patterns)]
    names = {application.name for application in applications}
    units = {application.name: view.units_of(application.name) for application in view.all(Application)}
    machines = {unit.machine for name in names for unit in units[name]}
    return {
        "model": _model(view),
        "machines": {
            machine.number: _machine(machine)
            for machine in view.all(Machine)
            if not patterns or machine.number in machines
        },
        "applications": {one.name: _application(view, one, units) for one in applications},
        "remote-applications": {
            remote.name: _remote_application(view, remote) for remote in view.all(RemoteApplication)
        },
        "offers": {offer.name: _offer(view, offer) for offer in view.all(Offer)},
        "relations": [
            _relation(view, relation)
            for relation in view.all(Relation)
            if not patterns or any(end.application in names for end in relation.endpoints)
        ],
        "storage": [storage_details(view, storage) for storage in view.all(Storage)],
        "filesystems": [],
        "volumes": [],
        "branches": {},
        "controller-timestamp": now(),
    }


def detailed(status: Status, version: str = "", life: str = "") -> Json:
    return {
        "status": status.current,
        "info": status.message,
        "since": status.since,
        "data": status.data,
        "kind": "",
        "version": version,
        "life": "" if life == "alive" else life,
    }


def _is_selected(view: ModelView, application: Application, patterns: Sequence[str]) -> bool:
    if not patterns:
        return True
    units = view.units_of(application.name)
    names = [application.name, *(unit.name for unit in units), *(unit.machine for unit in units)]
    return any(name and fnmatch.fnmatchcase(name, pattern) for name in names for pattern in patterns)


def _model(view: ModelView) -> Json:
    model = view.model
    status = Status(current="available" if model.life == "alive" else "destroying", since=model.created)
    return {
        "name": model.name,
        "type": "caas" if view.is_kubernetes else "iaas",
        "cloud-tag": "cloud-sunbeam" if view.is_kubernetes else "cloud-machines",
        "region": "default",
        "version": JUJU_VERSION,
        "available-version": "",
        "model-status": detailed(status),
        "meter-status": {"color": "", "message": ""},
        "sla": "unsupported",
    }


def _machine(machine: Machine) -> Json:
    return {
        "id": machine.number,
        "agent-status": detailed(machine.status, JUJU_VERSION, machine.life),
        "instance-status": detailed(machine.instance_status),
        "modification-status": detailed(Status(current="idle", since=machine.status.since)),
        "hostname": machine.hostname,
        "dns-name": machine.address,
        "ip-addresses": [machine.address] if machine.address else [],
        "instance-id": machine.instance_id,
        "display-name": machine.annotations.get("display-name", ""),
        "base": base_json(machine.base or DEFAULT_BASE),
        "network-interfaces": {},
        "containers": {},
        "constraints": " ".join(f"{name}={value}" for name, value in machine.constraints.items()),
        "hardware": " ".join(f"{name}={value}" for name, value in machine.hardware.items()),
        "jobs": ["JobHostUnits"],
        "has-vote": False,
        "wants-vote": False,
        "lxd-profiles": {},
    }


def _application(view: ModelView, application: Application, units: dict[str, list[Unit]]) -> Json:
    charm = view.charm_of(application)
    own = units[application.name]
    subordinate = is_subordinate(charm)
    relations: dict[str, list[str]] = {}
    for relation in view.relations_of(application.name):
        end = relation.endpoint_of(application.name)
        if end is not None:
            relations.setdefault(end.name, []).append(relation.other_end(application.name).application)
    return {
        "charm": application.charm_url,
        "charm-rev": charm.revision,
        "charm-channel": application.channel,
        "charm-version": "",
        "charm-profile": "",
        "base": base_json(application.base or DEFAULT_BASE),
        "exposed": application.exposed is not None,
        "exposed-endpoints": application.exposed or {},
        "life": "" if application.life == "alive" else application.life,
        "relations": relations,
        "can-upgrade-to": "",
        "subordinate-to": _principals(view, application) if subordinate else [],
        "units": {} if subordinate else {unit.name: _unit(view, unit, application, units) for unit in own},
        "meter-statuses": {},
        "status": detailed(application_status(application, own)),
        "workload-version": application.workload_version,
        "endpoint-bindings": {
            end.name: ALPHA_SPACE for end in endpoints_of(charm, application.name)
        } | {"": ALPHA_SPACE},
        "public-address": "",
        "provider-id": "",
        "int": len(own),
    }  # fmt: skip


def _principals(view: ModelView, application: Application) -> list[str]:
    return sorted(
        {
            relation.other_end(application.name).application
            for relation in view.relations_of(application.name)
            if not relation.is_peer and any(end.scope == "container" for end in relation.endpoints)
        }
    )


def _unit(view: ModelView, unit: Unit, application: Application, units: dict[str, list[Unit]]) -> Json:
    subordinates = {
        other.name: _unit(view, other, view.application(other.application), units)
        for others in units.values()
        for other in others
        if other.principal == unit.name
    }
    return {
        "agent-status": detailed(agent_status(unit), JUJU_VERSION, unit.life),
        "workload-status": detailed(workload_status(unit)),
        "workload-version": unit.workload_version,
        "machine": "" if unit.principal else unit.machine,
        "opened-ports": sorted(unit.ports),
        "public-address": unit.address,
        "address": unit.address if view.is_kubernetes else "",
        "provider-id": unit.name.replace("/", "-") if view.is_kubernetes else "",
        "charm": "",
        "leader": application.leader == unit.name,
        "subordinates": subordinates,
    }


def _remote_application(view: ModelView, remote: RemoteApplication) -> Json:
    relations: dict[str, list[str]] = {}
    for relation in view.relations_of(remote.name):
        end = relation.endpoint_of(remote.name)
        if end is not None:
            relations.setdefault(end.name, []).append(relation.other_end(remote.name).application)
    return {
        "offer-url": remote.offer_url,
        "offer-name": remote.offer_url.rpartition(".")[2],
        "endpoints": [remote_endpoint(end) for end in remote.endpoints],
        "life": "" if remote.life == "alive" else remote.life,
        "relations": relations,
        "status": detailed(remote.status),
    }


def _offer(view: ModelView, offer: Offer) -> Json:
    used = connections(view, offer)
    return {
        "offer-name": offer.name,
        "application-name": offer.application,
        "charm": view.application(offer.application).charm_url,
        "endpoints": {end.name: remote_endpoint(end) for end in offered_endpoints(view, offer)},
        "total-connected-count": len(used),
        "active-connected-count": sum(relation.life == "alive" for relation in used),
    }


def _relation(view: ModelView, relation: Relation) -> Json:
    current = "suspended" if relation.suspended else "joined" if relation.in_scope else "joining"
    scoped = any(end.scope == "container" for end in relation.endpoints)
    return {
        "id": relation.number,
        "key": relation.key,
        "interface": relation.endpoints[0].interface,
        "scope": "container" if scoped else "global",
        "endpoints": [
            {
                "application": end.application,
                "name": end.name,
                "role": end.role,
                "subordinate": _is_subordinate_end(view, end),
            }
            for end in relation.endpoints
        ],
        "status": {**detailed(Status(current=current, since=""), life=relation.life), "since": None},
    }


def _is_subordinate_end(view: ModelView, end: Endpoint) -> bool:
    application = view.find(Application, end.application)
    return application is not None and is_subordinate(view.charm_of(application))


def remote_endpoint(end: Endpoint) -> Json:
    return {"name": end.name, "role": end.role, "interface": end.interface, "limit": end.limit}
