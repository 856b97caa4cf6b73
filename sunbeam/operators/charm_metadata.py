"""What a charm declares, as the engine needs it: endpoints' scope, containers, storage, configuration."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sunbeam.operators.entities import Application, Charm


@dataclass(frozen=True)
class ContainerDeclaration:
    """A workload container; ``mounts`` are storage names with the path each is seen at."""

    name: str
    resource: str
    mounts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class StorageDeclaration:
    """A storage; ``minimum`` and ``maximum`` count its instances (``maximum`` None: no bound)."""

    name: str
    kind: str
    location: str
    minimum: int
    maximum: int | None


def containers(charm: Charm) -> tuple[ContainerDeclaration, ...]:
    declared: Mapping[str, Any] = charm.metadata.get("containers") or {}
    return tuple(
        ContainerDeclaration(
            name,
            (body or {}).get("resource", ""),
            tuple((mount["storage"], mount["location"]) for mount in (body or {}).get("mounts") or ()),
        )
        for name, body in declared.items()
    )


def storages(charm: Charm) -> tuple[StorageDeclaration, ...]:
    declared: Mapping[str, Any] = charm.metadata.get("storage") or {}
    return tuple(_storage(name, body) for name, body in declared.items())


def is_subordinate(charm: Charm) -> bool:
    return bool(charm.metadata.get("subordinate"))


def effective_config(charm: Charm, application: Application) -> dict[str, Any]:
    """Every option with a value: what was set, else the charm's default."""
    values = {name: option.get("default") for name, option in charm.config.items()}
    values.update(application.config)
    return {name: value for name, value in values.items() if value is not None}


def config_hash(charm: Charm, application: Application, address: str) -> str:
    """Changes whenever config-changed is due: options, trust or the unit's address."""
    text = json.dumps([effective_config(charm, application), application.trust, address], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _storage(name: str, body: Mapping[str, Any]) -> StorageDeclaration:
    low, high = _range(str((body.get("multiple") or {}).get("range", "1")))
    return StorageDeclaration(name, body.get("type", "filesystem"), body.get("location", ""), low, high)


def _range(text: str) -> tuple[int, int | None]:
    """Juju's ``multiple.range``: ``2``, ``0-1``, ``1-``, ``3+``."""
    low, dash, high = text.partition("-")
    if low.endswith("+"):
        return int(low[:-1]), None
    return int(low), (int(high) if high else None) if dash else int(low)
