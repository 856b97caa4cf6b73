"""Interruptions, locks, lost connections, a plain core."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sunbeam.core.process import SystemProcesses
from sunbeam.provider.mirror import write_mirror
from sunbeam.provider.resources.machine import Machine
from sunbeam.provider.service import Provider
from sunbeam.provider.session import Session
from sunbeam.provider.values import Object
from sunbeam.terraform.backend import owner
from sunbeam.terraform.client import StateClient
from sunbeam.terraform.errors import StateLocked, TerraformError
from sunbeam.terraform.module import ERRORED
from tests.functional.terraform.terraform_harness import MODULES, Cloud, Relay


class UnseenMachine(Machine):
    """A machine that Juju made and does not show, so that its creation waits."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.looked = asyncio.Event()

    async def appeared(self, state: Object, plan: Object) -> Object | None:
        self.looked.set()
        return None


async def test_an_interrupted_apply_keeps_its_state_and_continues(cloud: Cloud) -> None:
    provider = Provider(cloud.credentials)
    machine = UnseenMachine(provider.session)
    provider.resources["juju_machine"] = machine
    async with cloud.module("waiting", provider) as module:
        running = asyncio.create_task(module.converge())
        await asyncio.wait_for(machine.looked.wait(), 30)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert await cloud.state.states.lock("waiting") is None
    assert b'"machine_id": "0"' in (await cloud.state.states.get("waiting") or b"")

    async with cloud.module("waiting") as module:
        await module.converge()
        assert (await module.plan()).is_empty


async def test_a_held_lock_is_refused_and_names_its_holder(cloud: Cloud) -> None:
    mine = {**owner(), "command": "sunbeam bootstrap"}
    assert await cloud.state.states.acquire("waiting", {"ID": "1"}, mine) is None
    async with cloud.module("waiting") as module:
        with pytest.raises(StateLocked, match="another run holds the lock"):
            await module.converge()
        client = StateClient(cloud.state.backend)
        lock = await client.lock("waiting")
        assert lock is not None and lock["holder"].startswith("sunbeam bootstrap (process ")
        await client.unlock("waiting", lock["id"])
        await module.converge()


async def test_the_lock_of_a_dead_process_is_taken_over(cloud: Cloud) -> None:
    dead = {**owner(), "pid": "1", "started": "no such start"}
    assert await cloud.state.states.acquire("waiting", {"ID": "1"}, dead) is None
    async with cloud.module("waiting") as module:
        await module.converge()
    assert await cloud.state.states.lock("waiting") is None


async def test_an_unreachable_controller_is_an_error_and_not_an_empty_cloud(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sunbeam.juju.connection.PATIENCE", 0.5)
    relay = Relay(cloud.controller.port)
    await relay.open()
    credentials = replace(cloud.credentials, endpoints=(f"127.0.0.1:{relay.port}",))
    async with cloud.module("waiting", Provider(credentials)) as module:
        await module.converge()
        state = await cloud.state.states.get("waiting")
        await relay.close()
        with pytest.raises(TerraformError, match="cannot talk to Juju"):
            await module.plan()
        assert await cloud.state.states.get("waiting") == state
        await relay.open()
        assert (await module.plan()).is_empty
        await relay.close()


async def test_a_state_that_could_not_be_saved_is_pushed_by_the_next_run(cloud: Cloud) -> None:
    async with cloud.module("waiting") as module:
        cloud.state.refuse_writes = True
        with pytest.raises(TerraformError, match="state"):
            await module.converge()
        assert (module.root / ERRORED).exists()
        cloud.state.refuse_writes = False
        plan = await module.converge()
        assert plan.is_empty
        assert not (module.root / ERRORED).exists()


@pytest.mark.parametrize(
    "unsaved",
    [
        lambda saved: json.dumps({**saved, "lineage": "64b00e4b-14a2-fd83-ae27-4ba865adae73", "serial": 99}),
        lambda saved: json.dumps({**saved, "serial": saved["serial"] - 1}),
        lambda saved: json.dumps(saved)[:40],
    ],
    ids=["of a run that began anew", "older", "cut off"],
)
async def test_a_state_that_others_have_overtaken_is_dropped(
    cloud: Cloud, unsaved: Callable[[dict[str, Any]], str]
) -> None:
    async with cloud.module("waiting") as module:
        await module.converge()
        saved = await cloud.state.states.get("waiting")
        assert saved is not None
        (module.root / ERRORED).write_text(unsaved(json.loads(saved)))
        assert (await module.converge()).is_empty
        assert not (module.root / ERRORED).exists()
        assert await cloud.state.states.get("waiting") == saved


async def test_a_refused_request_names_resource_and_place(cloud: Cloud) -> None:
    async with cloud.juju() as juju:
        await juju.add_model("machines", cloud="machines")
    async with cloud.module("waiting") as module:
        with pytest.raises(TerraformError, match=r"juju_model\.machines.*main\.tf line"):
            await module.converge()


async def test_a_plain_core_finds_the_provider_in_the_mirror(cloud: Cloud, tmp_path: Path) -> None:
    credentials = cloud.credentials
    environment = {
        **write_mirror(tmp_path),
        "JUJU_CONTROLLER_ADDRESSES": ",".join(credentials.endpoints),
        "JUJU_USERNAME": credentials.username,
        "JUJU_PASSWORD": credentials.password,
        "JUJU_CA_CERT": credentials.ca_certificate,
    }
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "main.tf").write_text((MODULES / "waiting/main.tf").read_text())
    processes = SystemProcesses()
    for command in ("init", "apply -auto-approve", "plan -detailed-exitcode", "destroy -auto-approve"):
        await processes.run(
            [cloud.core, *command.split(), "-no-color"], cwd=folder, env=environment, timeout=60
        )
