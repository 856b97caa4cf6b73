from __future__ import annotations

from datetime import UTC, datetime

import pytest
from etcd3gw.exceptions import ConnectionFailedError

from sunbeam.cluster.manifests import add_version, difference, is_newest, version, versions
from sunbeam.core.errors import SunbeamError, UsageError
from sunbeam.core.manifest.model import Manifest
from tests.fakes.store import MemoryStore

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def manifest(**keys: object) -> dict[str, object]:
    return Manifest.model_validate(keys).dump()


async def test_each_manifest_that_differs_is_a_version() -> None:
    store = MemoryStore()
    first, second = manifest(region="North"), manifest(region="North", name="mine")
    assert [await add_version(store, each, NOON) for each in (first, first, second, first)] == [1, 1, 2, 3]
    found = await versions(store)
    assert [each.number for each in found] == [1, 2, 3]
    assert found[1].changed == ("name",) and found[1].applied == "2026-01-01T12:00:00+00:00"
    assert (await version(store, 2)).manifest == second
    assert await is_newest(store, first) and not await is_newest(store, second)


async def test_versions_are_in_the_order_of_their_numbers() -> None:
    store = MemoryStore()
    for number in range(12):
        await add_version(store, manifest(name=str(number)), NOON)
    assert [each.number for each in await versions(store)] == list(range(1, 13))


async def test_two_that_add_at_once_get_two_numbers() -> None:
    class Raced(MemoryStore):
        async def create(self, key: str, value: bytes) -> bool:
            if key == "manifests/1" and not self.content:
                await add_version(super(), manifest(name="theirs"), NOON)  # type: ignore[arg-type]
            return await super().create(key, value)

    store = Raced()
    assert await add_version(store, manifest(name="ours"), NOON) == 2
    assert [each.manifest["name"] for each in await versions(store)] == ["theirs", "ours"]


async def test_a_version_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="There is no manifest 7"):
        await version(MemoryStore(), 7)


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1}, {"a": 2}, {"a": (1, 2)}),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, {"a.c": (None, 2)}),
        ({"a": {"b": 1}}, {}, {"a.b": (1, None)}),
        ({}, {"a": {"b": {}}}, {}),
        ({"a": [1]}, {"a": [1, 2]}, {"a": ([1], [1, 2])}),
        ({"a": True}, {"a": False}, {"a": (True, False)}),
    ],
)
def test_how_manifests_differ(before: object, after: object, found: object) -> None:
    assert difference(before, after) == found


async def test_a_store_that_does_not_answer() -> None:
    class Dead(MemoryStore):
        async def entries(self, prefix: str) -> dict[str, bytes]:
            raise ConnectionFailedError

    with pytest.raises(SunbeamError, match="The cluster store does not answer") as failed:
        await versions(Dead())
    assert failed.value.next_command == "sunbeam cluster start"
