"""The manifests that a cloud was told to be made of, by number, in the cluster store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from etcd3gw.exceptions import Etcd3Exception

from sunbeam.cluster.store import ClusterStore
from sunbeam.core.errors import SunbeamError, UsageError

PREFIX = "manifests/"
EMPTY: tuple[Any, ...] = ({}, [], None)


@dataclass(frozen=True)
class Version:
    """``manifest`` is the effective one with its references; ``changed``: keys that differ from before."""

    number: int
    applied: str
    changed: tuple[str, ...]
    manifest: dict[str, Any]


@contextmanager
def _answering() -> Iterator[None]:
    """Raises SunbeamError for whatever the store's client raises."""
    try:
        yield
    except (Etcd3Exception, OSError) as error:
        raise SunbeamError(
            "The cluster store does not answer",
            where="etcd on this node",
            why=str(error) or type(error).__name__,
            next_command="sunbeam cluster start",
            id="cluster-store-silent",
        ) from error


async def versions(store: ClusterStore) -> list[Version]:
    """All of them, the oldest first.  Raises SunbeamError if the store does not answer, like all here."""
    with _answering():
        entries = await store.entries(PREFIX)
    found = [json.loads(value) for value in entries.values()]
    read = [Version(**{**each, "changed": tuple(each["changed"])}) for each in found]
    return sorted(read, key=lambda version: version.number)


async def version(store: ClusterStore, number: int) -> Version:
    """Raises UsageError if there is none."""
    with _answering():
        value = await store.get(f"{PREFIX}{number}")
    if value is None:
        raise UsageError(
            f"There is no manifest {number}", next_command="sunbeam manifest list", id="manifest-unknown"
        )
    found = json.loads(value)
    return Version(**{**found, "changed": tuple(found["changed"])})


async def is_newest(store: ClusterStore, manifest: dict[str, Any]) -> bool:
    known = await versions(store)
    return bool(known) and known[-1].manifest == manifest


async def add_version(store: ClusterStore, manifest: dict[str, Any], applied: datetime) -> int:
    """Keep the manifest as the newest version; its number.  Nobody else can take that number meanwhile."""
    while True:
        known = await versions(store)
        before = known[-1].manifest if known else {}
        if known and before == manifest:
            return known[-1].number
        number = known[-1].number + 1 if known else 1
        new = Version(
            number, applied.isoformat(timespec="seconds"), tuple(difference(before, manifest)), manifest
        )
        with _answering():
            if await store.create(f"{PREFIX}{number}", json.dumps(asdict(new)).encode()):
                return number


def difference(before: Any, after: Any, path: str = "") -> dict[str, tuple[Any, Any]]:
    """Value before and after by dotted key, where they differ; None is no value."""
    if isinstance(before, dict) and isinstance(after, dict):
        found: dict[str, tuple[Any, Any]] = {}
        for key in [*before, *(key for key in after if key not in before)]:
            below = f"{path}.{key}" if path else str(key)
            found.update(difference(before.get(key), after.get(key), below))
        return found
    if before == after or (before in EMPTY and after in EMPTY):
        return {}
    if isinstance(after, dict) and before is None:
        return difference({}, after, path)
    if isinstance(before, dict) and after is None:
        return difference(before, {}, path)
    return {path: (before, after)}
