"""Offers, secrets, users, keys, logs and the data folder, through unmodified libjuju."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from juju.client.connection import Connection
from juju.controller import Controller, RemoveError
from juju.errors import JujuAPIError, JujuError
from juju.model import Model

from sunbeam.operators.entities import Model as StoredModel
from sunbeam.operators.entities import Relation
from sunbeam.operators.juju_data import write_juju_data
from tests.functional.operators_api.api_harness import CHARMS, PASSWORD, RunningController

NO_KEYS = {"authorized-keys": ""}
SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0iRwJ6iRk2bq8bP2jJ4bRz0fD6tq0m3Y7qk5nE1xyz somebody@here"


@pytest_asyncio.fixture
async def pods(juju: Controller) -> AsyncIterator[Model]:
    model = await juju.add_model("pods", cloud_name="sunbeam", config=dict(NO_KEYS))
    try:
        yield model
    finally:
        await model.disconnect()


@pytest_asyncio.fixture
async def other(juju: Controller) -> AsyncIterator[Model]:
    model = await juju.add_model("other", cloud_name="sunbeam", config=dict(NO_KEYS))
    try:
        yield model
    finally:
        await model.disconnect()


async def until(model: Model, condition: Callable[[], bool]) -> None:
    await model.block_until(condition, timeout=30, wait_period=0.02)


def message(model: Model, unit: str) -> str:
    return model.units[unit].workload_status_message if unit in model.units else ""


async def test_an_offer_carries_data_to_another_model(
    pods: Model, other: Model, running: RunningController
) -> None:
    source = await pods.deploy(str(CHARMS / "source"))
    await pods.create_offer("source:greeting", offer_name="greetings")
    listed = await pods.list_offers()
    assert [(o.offer_name, o.offer_url) for o in listed.results] == [("greetings", "admin/pods.greetings")]
    await other.deploy(str(CHARMS / "sink"))
    await other.consume("admin/pods.greetings", application_alias="from-pods")
    await other.integrate("from-pods", "sink:greeting")
    await until(other, lambda: message(other, "sink/0") == "heard hello")
    await source.set_config({"greeting": "moin"})
    await until(other, lambda: message(other, "sink/0") == "heard moin")
    ends = [end.application for one in running.store.all(Relation, pods.uuid) for end in one.endpoints]
    assert any(name.startswith("remote-") and len(name) == 39 for name in ends)
    status = await other.get_status()
    assert status.remote_applications["from-pods"].offer_url == "admin/pods.greetings"
    assert (await pods.get_status()).offers["greetings"].total_connected_count == 1
    with pytest.raises(RemoveError, match="removing offer will also remove relations"):
        await pods.remove_offer("sunbeam:admin/pods.greetings")
    await other.applications["sink"].destroy_relation("greeting", "from-pods", block_until_done=False)
    await until(other, lambda: message(other, "sink/0") == "no greeting")
    await other.remove_saas("from-pods")
    await until(other, lambda: not other.remote_applications)


async def test_a_user_secret_reaches_the_application_it_is_granted_to(pods: Model) -> None:
    source = await pods.deploy(str(CHARMS / "source"))
    uri = await pods.add_secret("phrase", ["word=first"])
    with pytest.raises(JujuError, match="already exists"):
        await pods.add_secret("phrase", ["word=again"])
    await pods.grant_secret("phrase", "source")
    await source.set_config({"password": uri})
    await until(pods, lambda: message(pods, "source/0") == "hello first")
    await pods.update_secret("phrase", ["word=second"])
    await until(pods, lambda: message(pods, "source/0") == "hello second")
    shown = await pods.list_secrets(show_secrets=True)
    assert [(one.label, one.latest_revision) for one in shown] == [("phrase", 2)]
    await pods.revoke_secret("phrase", "source")
    await pods.remove_secret("phrase")
    assert await pods.list_secrets() == []


async def test_users_see_and_do_what_they_were_granted(
    juju: Controller, pods: Model, running: RunningController
) -> None:
    await pods.deploy(str(CHARMS / "source"))
    await juju.add_user("bob", "bobs password", "Bob")
    bob = Controller()
    await bob.connect(**running.login("bob", "bobs password"))
    assert await bob.list_models() == []
    with pytest.raises(JujuError):
        await Model().connect(uuid=pods.uuid, **running.login("bob", "bobs password"))
    await juju.grant_model("bob", pods.uuid, "read")
    assert await bob.list_models() == ["pods"]
    model = Model()
    await model.connect(uuid=pods.uuid, **running.login("bob", "bobs password"))
    assert list((await model.get_status()).applications) == ["source"]
    with pytest.raises(JujuError, match="permission denied"):
        await model.applications["source"].set_config({"greeting": "hacked"})
    with pytest.raises(JujuError, match="permission denied"):
        await bob.add_model("bobs", config=dict(NO_KEYS))
    with pytest.raises(JujuError, match="permission denied"):
        await bob.destroy_models(pods.uuid)
    await juju.grant_model("bob", pods.uuid, "write")
    await model.applications["source"].set_config({"greeting": "allowed"})
    with pytest.raises(JujuError, match="permission denied"):
        await model.units["source/0"].run("id")
    await model.disconnect()
    user = await juju.get_user("bob")
    await user.set_password("new password")
    await bob.disconnect()
    with pytest.raises(JujuError, match="invalid entity name or password"):
        await Controller().connect(**running.login("bob", "bobs password"))
    await juju.remove_user("bob")
    with pytest.raises(JujuError, match="invalid entity name or password"):
        await Controller().connect(**running.login("bob", "new password"))


async def test_guessing_passwords_is_slowed_down(running: RunningController) -> None:
    for _ in range(8):
        with pytest.raises(JujuAPIError, match="invalid entity name or password"):
            await Controller().connect(**running.login("carol", "guess"))
    with pytest.raises(JujuAPIError, match="too many failed logins"):
        await Controller().connect(**running.login("carol", "guess"))
    admin = Controller()
    await admin.connect(**running.login())
    await admin.disconnect()


async def test_ssh_keys(pods: Model) -> None:
    await pods.add_ssh_key("admin", SSH_KEY)
    assert (await pods.get_ssh_key(raw_ssh=True)).results[0].result == [SSH_KEY]
    await pods.remove_ssh_key("admin", SSH_KEY)
    assert (await pods.get_ssh_key(raw_ssh=True)).results[0].result == []


async def test_model_configuration(pods: Model) -> None:
    await pods.set_config({"update-status-hook-interval": "1m"})
    config = await pods.get_config()
    assert config["update-status-hook-interval"].value == "1m"
    assert config["name"].value == "pods"
    await pods.set_constraints({"mem": 256})
    assert (await pods.get_constraints())["mem"] == 256


async def test_annotations(pods: Model) -> None:
    source = await pods.deploy(str(CHARMS / "source"))
    await source.set_annotations({"owner": "me"})
    assert await source.get_annotations() == {"owner": "me"}


async def test_the_data_folder_is_enough_to_log_in(
    pods: Model, running: RunningController, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "juju"
    write_juju_data(folder, running.controller, running.store.all(StoredModel), PASSWORD)
    assert (folder / "accounts.yaml").stat().st_mode & 0o777 == 0o600
    assert json.loads((folder / "cookies" / "sunbeam.json").read_text()) == []
    monkeypatch.setenv("JUJU_DATA", str(folder))
    controller = Controller()
    await controller.connect("sunbeam")
    created = await controller.add_model("later")
    assert (await created.get_ssh_key()).results[0].result[0].endswith("(sunbeam)")
    await created.disconnect()
    for name in ("sunbeam:admin/pods", "sunbeam:admin/later"):
        model = Model()
        await model.connect(name)
        assert model.name == name.rpartition("/")[2]
        await model.disconnect()
    await controller.disconnect()


async def test_the_debug_log_is_followed(pods: Model, running: RunningController) -> None:
    await pods.deploy(str(CHARMS / "source"))
    await until(pods, lambda: message(pods, "source/0") == "hello")
    target = io.StringIO()
    params = pods.connection().connect_params()
    del params["bakery_client"]
    wanted = {
        "target": target, "no_tail": False, "exclude_module": [], "include_module": [],
        "include": [], "exclude": [], "level": "", "limit": 0, "lines": 100, "replay": False,
    }  # fmt: skip
    connection = await Connection.connect(**params, debug_log_conn=target, debug_log_params=wanted)
    async with asyncio.timeout(10):
        while "unit-source-0" not in target.getvalue():  # noqa: ASYNC110 - it grows as frames arrive
            await asyncio.sleep(0.02)
    await connection.close()


async def test_what_is_not_implemented_is_said_and_counted(juju: Controller, pods: Model) -> None:
    request = {"type": "Bundle", "request": "GetChangesMapArgs", "version": 6, "params": {}}
    with pytest.raises(JujuAPIError, match="not implemented"):
        await pods.connection().rpc(request)
    status = await juju.connection().rpc({"type": "Sunbeam", "request": "ApiStatus", "version": 1})
    assert status["response"]["not-implemented"] == {"Bundle(6).GetChangesMapArgs": 1}


async def test_a_destroyed_model_ends_its_watchers(juju: Controller, running: RunningController) -> None:
    model = await juju.add_model("doomed", config=dict(NO_KEYS))
    await model.deploy(str(CHARMS / "source"))
    await until(model, lambda: message(model, "source/0") == "hello")
    await juju.destroy_models("doomed")
    async with asyncio.timeout(20):
        while "doomed" in await juju.list_models():  # noqa: ASYNC110 - only the API tells
            await asyncio.sleep(0.05)
    await model.disconnect()
