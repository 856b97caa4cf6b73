"""The full status of a model as typed data (``Client.FullStatus``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sunbeam.juju.model import Model


@dataclass(frozen=True)
class State:
    """A Juju status: the word, its message, since when (RFC 3339)."""

    current: str = ""
    message: str = ""
    since: str = ""


@dataclass(frozen=True)
class UnitStatus:
    name: str
    workload: State
    agent: State
    leader: bool
    address: str
    machine: str
    workload_version: str
    ports: tuple[str, ...]
    subordinates: dict[str, UnitStatus]


@dataclass(frozen=True)
class ApplicationStatus:
    """``scale`` is the wanted number of units where the API tells it, else how many there are."""

    name: str
    charm_url: str
    charm_name: str
    charm_revision: int
    charm_channel: str
    base: str
    life: str
    exposed: bool
    exposed_endpoints: dict[str, dict[str, Any]]
    state: State
    units: dict[str, UnitStatus]
    scale: int
    workload_version: str
    subordinate_to: tuple[str, ...]


@dataclass(frozen=True)
class RelationEnd:
    application: str
    endpoint: str
    role: str


@dataclass(frozen=True)
class RelationStatus:
    id: int
    key: str
    interface: str
    ends: tuple[RelationEnd, ...]
    state: State

    def has(self, application: str, endpoint: str) -> bool:
        return any(end.application == application and end.endpoint == endpoint for end in self.ends)


@dataclass(frozen=True)
class RemoteApplicationStatus:
    """A consumed offer (SAAS); ``name`` is its local alias."""

    name: str
    offer_url: str
    life: str
    state: State


@dataclass(frozen=True)
class OfferStatus:
    name: str
    application: str
    endpoints: tuple[str, ...]
    connections: int


@dataclass(frozen=True)
class MachineStatus:
    id: str
    hostname: str
    address: str
    instance_id: str
    base: str
    constraints: str
    hardware: str
    agent: State
    instance: State


@dataclass(frozen=True)
class StorageStatus:
    """A storage instance ``label/number`` and the unit that owns it."""

    label: str
    number: str
    owner: str
    kind: str
    life: str
    state: State


@dataclass(frozen=True)
class ModelStatus:
    name: str
    type: str
    applications: dict[str, ApplicationStatus]
    remote_applications: dict[str, RemoteApplicationStatus]
    relations: tuple[RelationStatus, ...]
    offers: dict[str, OfferStatus]
    machines: dict[str, MachineStatus]
    storage: tuple[StorageStatus, ...] = field(default=())

    def units(self) -> Iterator[UnitStatus]:
        """Every unit, subordinates after their principal."""
        for application in self.applications.values():
            for unit in application.units.values():
                yield unit
                yield from unit.subordinates.values()


async def full_status(model: Model) -> ModelStatus:
    raw = await model.read("Client", "FullStatus", {"patterns": [], "include-storage": True})
    return parse_status(raw)


def parse_status(raw: Mapping[str, Any]) -> ModelStatus:
    """``raw`` is the ``FullStatus`` answer as the API gives it."""
    about = raw.get("model") or {}
    return ModelStatus(
        name=about.get("name", ""),
        type=about.get("type", ""),
        applications={name: _application(name, item) for name, item in _items(raw, "applications")},
        remote_applications={
            name: RemoteApplicationStatus(
                name, item.get("offer-url", ""), item.get("life", ""), _state(item.get("status"))
            )
            for name, item in _items(raw, "remote-applications")
        },
        relations=tuple(_relation(item) for item in raw.get("relations") or []),
        offers={
            name: OfferStatus(
                name,
                item.get("application-name", ""),
                tuple(sorted(item.get("endpoints") or {})),
                int(item.get("total-connected-count") or 0),
            )
            for name, item in _items(raw, "offers")
        },
        machines={name: _machine(name, item) for name, item in _items(raw, "machines")},
        storage=tuple(_storage(item) for item in raw.get("storage") or []),
    )


def _items(raw: Mapping[str, Any], key: str) -> list[tuple[str, dict[str, Any]]]:
    return sorted((raw.get(key) or {}).items())


def _state(raw: Mapping[str, Any] | None) -> State:
    raw = raw or {}
    word = raw.get("status", raw.get("current", ""))
    return State(word or "", raw.get("info", raw.get("message", "")) or "", raw.get("since") or "")


def _unit(name: str, raw: Mapping[str, Any]) -> UnitStatus:
    return UnitStatus(
        name=name,
        workload=_state(raw.get("workload-status")),
        agent=_state(raw.get("agent-status")),
        leader=bool(raw.get("leader")),
        address=raw.get("address") or raw.get("public-address") or "",
        machine=raw.get("machine") or "",
        workload_version=raw.get("workload-version") or "",
        ports=tuple(raw.get("opened-ports") or ()),
        subordinates={sub: _unit(sub, item) for sub, item in _items(raw, "subordinates")},
    )


def _application(name: str, raw: Mapping[str, Any]) -> ApplicationStatus:
    url = raw.get("charm") or ""
    units = {unit: _unit(unit, item) for unit, item in _items(raw, "units")}
    return ApplicationStatus(
        name=name,
        charm_url=url,
        charm_name=raw.get("charm-name") or url.rpartition("/")[2].rpartition(":")[2].rpartition("-")[0],
        charm_revision=int(raw.get("charm-rev") or _revision(url)),
        charm_channel=raw.get("charm-channel") or "",
        base=base_text(raw.get("base")),
        life=raw.get("life") or "alive",
        exposed=bool(raw.get("exposed")),
        exposed_endpoints=dict(raw.get("exposed-endpoints") or {}),
        state=_state(raw.get("status")),
        units=units,
        scale=int(raw.get("int") or raw.get("scale") or len(units)),
        workload_version=raw.get("workload-version") or "",
        subordinate_to=tuple(raw.get("subordinate-to") or ()),
    )


def _revision(url: str) -> int:
    number = url.rpartition("-")[2]
    return int(number) if number.isdecimal() else 0


def base_text(raw: Mapping[str, Any] | None) -> str:
    """``{"name": "ubuntu", "channel": "24.04/stable"}`` -> ``ubuntu@24.04``."""
    if not raw or not raw.get("name"):
        return ""
    return f"{raw['name']}@{str(raw.get('channel') or '').partition('/')[0]}"


def _relation(raw: Mapping[str, Any]) -> RelationStatus:
    return RelationStatus(
        id=int(raw["id"]),
        key=raw.get("key", ""),
        interface=raw.get("interface", ""),
        ends=tuple(
            RelationEnd(end.get("application", ""), end.get("name", ""), end.get("role", ""))
            for end in raw.get("endpoints") or []
        ),
        state=_state(raw.get("status")),
    )


def _machine(name: str, raw: Mapping[str, Any]) -> MachineStatus:
    addresses = raw.get("ip-addresses") or []
    return MachineStatus(
        id=name,
        hostname=raw.get("hostname") or "",
        address=raw.get("dns-name") or (addresses[0] if addresses else ""),
        instance_id=raw.get("instance-id") or "",
        base=base_text(raw.get("base")),
        constraints=raw.get("constraints") or "",
        hardware=raw.get("hardware") or "",
        agent=_state(raw.get("agent-status")),
        instance=_state(raw.get("instance-status")),
    )


def _storage(raw: Mapping[str, Any]) -> StorageStatus:
    label, _, number = str(raw.get("storage-tag", "")).removeprefix("storage-").rpartition("-")
    owner, _, unit = str(raw.get("owner-tag", "")).removeprefix("unit-").rpartition("-")
    return StorageStatus(
        label=label,
        number=number,
        owner=f"{owner}/{unit}" if owner else "",
        kind={1: "block", 2: "filesystem"}.get(raw.get("kind", 0), str(raw.get("kind", ""))),
        life=raw.get("life") or "",
        state=_state(raw.get("status")),
    )
