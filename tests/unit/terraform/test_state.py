"""States and locks, and the http backend in front of them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import encode_basic_auth
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application

from sunbeam.core.errors import SunbeamError
from sunbeam.core.sealing import Sealer
from sunbeam.terraform.backend import StateBackend, owner
from sunbeam.terraform.state_server import basic_auth, routes
from sunbeam.terraform.state_store import KEPT_VERSIONS, LEASE_SECONDS, States
from tests.fakes.store import MemoryStore

HERE = owner()
ELSEWHERE = {**HERE, "host": "another-node", "command": "sunbeam bootstrap"}


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def states(clock: Clock | None = None) -> tuple[States, MemoryStore]:
    documents = MemoryStore()
    return States(documents, Sealer(bytes(32)), HERE["host"], clock or Clock()), documents


def authorization(password: str) -> dict[str, str]:
    return {"Authorization": encode_basic_auth("tofu", password)}


@pytest_asyncio.fixture
async def client() -> AsyncIterator[TestClient[Any, Any]]:
    application = Application(client_max_size=1 << 20)
    application.add_routes(routes(states()[0], basic_auth("tofu", "secret")))
    async with TestClient(TestServer(application), headers=authorization("secret")) as made:
        yield made


async def test_versions_are_kept_sealed_and_bounded() -> None:
    store, documents = states()
    for number in range(KEPT_VERSIONS + 3):
        await store.put("openstack", b'{"serial": %d, "password": "hunter22"}' % number)
    assert len(await store.versions("openstack")) == KEPT_VERSIONS
    assert json.loads(await store.get("openstack") or b"")["serial"] == KEPT_VERSIONS + 2
    first = (await store.versions("openstack"))[0]
    assert json.loads(await store.get("openstack", first) or b"")["serial"] == 3
    assert all(b"hunter22" not in value for value in documents.content.values())
    assert await store.modules() == ["openstack"]
    await store.delete("openstack")
    assert await store.get("openstack") is None


async def test_a_living_owner_keeps_the_lock_and_a_dead_one_loses_it() -> None:
    store, _ = states()
    assert await store.acquire("openstack", {"ID": "1"}, HERE) is None
    holder = await store.acquire("openstack", {"ID": "2"}, HERE)
    assert holder is not None and holder.id == "1"
    assert await store.release("openstack", "1") is None
    for dead in ({**HERE, "pid": "999999999"}, {**HERE, "started": "0"}, {**HERE, "boot": "another"}):
        assert await store.acquire("openstack", {"ID": "3"}, dead) is None
        assert await store.lock("openstack") is None


async def test_a_lock_whose_answer_was_lost_is_given_to_who_asks_again() -> None:
    store, _ = states()
    for _ in range(2):
        assert await store.acquire("openstack", {"ID": "1"}, HERE) is None
    assert await store.release("openstack", "1") is None
    assert await store.lock("openstack") is None


async def test_the_lock_of_another_node_lives_as_long_as_it_is_renewed() -> None:
    clock = Clock()
    store, _ = states(clock)
    assert await store.acquire("openstack", {"ID": "1"}, ELSEWHERE) is None
    clock.now += LEASE_SECONDS - 1
    assert await store.renew("openstack", "1")
    clock.now += LEASE_SECONDS - 1
    assert await store.lock("openstack") is not None
    clock.now += 2
    assert await store.acquire("openstack", {"ID": "2"}, HERE) is None
    assert not await store.renew("openstack", "1")


async def test_a_lock_of_an_unknown_owner_stays_until_it_is_released() -> None:
    clock = Clock()
    store, _ = states(clock)
    assert await store.acquire("openstack", {"ID": "1", "Who": "root@laptop"}, {}) is None
    clock.now += 1e6
    holder = await store.acquire("openstack", {"ID": "2"}, HERE)
    assert holder is not None and holder.holder == "root@laptop"


async def test_a_stranger_is_turned_away(client: TestClient[Any, Any]) -> None:
    async with client.get("/terraform/state/openstack", headers=authorization("wrong")) as answer:
        assert answer.status == 401
        assert "Basic" in answer.headers["WWW-Authenticate"]


async def test_core_s_life_with_a_state(client: TestClient[Any, Any]) -> None:
    path = "/terraform/state/openstack"
    async with client.get(path) as answer:
        assert answer.status == 204
    async with client.request("LOCK", f"{path}/lock", json={"ID": "1", "Who": "me"}) as answer:
        assert answer.status == 200
    async with client.post(path, data=b'{"serial": 1}') as answer:
        assert answer.status == 423
        assert (await answer.json())["ID"] == "1"
    async with client.post(f"{path}?ID=1", data=b'{"serial": 1, "resources": []}') as answer:
        assert answer.status == 200
    async with client.request("LOCK", f"{path}/lock", json={"ID": "2"}) as answer:
        assert (answer.status, (await answer.json())["Who"]) == (423, "me")
    async with client.request("UNLOCK", f"{path}/lock", json={"ID": "1"}) as answer:
        assert answer.status == 200
    async with client.get("/terraform/state") as answer:
        assert await answer.json() == [
            {"module": "openstack", "serial": 1, "resources": 0, "versions": [1], "lock": None}
        ]
    async with client.delete(path) as answer:
        assert answer.status == 200


async def test_an_unlock_must_name_the_lock(client: TestClient[Any, Any]) -> None:
    lock = "/terraform/state/openstack/lock"
    async with client.request("LOCK", lock, json={"ID": "1"}) as answer:
        assert answer.status == 200
    for body, status in ((b"", 400), (b"{}", 400), (b'{"ID": "2"}', 423), (b"{", 400)):
        async with client.request("UNLOCK", lock, data=body) as answer:
            assert answer.status == status
    async with client.get(lock) as answer:
        assert (await answer.json())["id"] == "1"


async def test_a_damaged_state_and_a_strange_name_are_refused(client: TestClient[Any, Any]) -> None:
    headers = {"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}
    async with client.post("/terraform/state/openstack", data=b"{}", headers=headers) as answer:
        assert answer.status == 400
    async with client.get("/terraform/state/Open$tack") as answer:
        assert answer.status == 404


def test_where_no_cloud_is_made_no_state_is_known(tmp_path: Path) -> None:
    with pytest.raises(SunbeamError, match="does not know where") as unknown:
        StateBackend.read(tmp_path)
    assert unknown.value.why == "there is no such file"
