"""libjuju's everyday calls, unmodified, against a whole controller."""

from __future__ import annotations

import asyncio
import shutil
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from juju.controller import Controller
from juju.errors import JujuError
from juju.model import Model

from tests.functional.operators_api.api_harness import CHARMS, RunningController

NO_KEYS = {"authorized-keys": ""}


@pytest_asyncio.fixture
async def model(juju: Controller) -> AsyncIterator[Model]:
    created = await juju.add_model("pods", cloud_name="sunbeam", config=dict(NO_KEYS))
    try:
        yield created
    finally:
        await created.disconnect()


async def until(model: Model, condition: Callable[[], bool]) -> None:
    try:
        await model.block_until(condition, timeout=30, wait_period=0.02)
    except TimeoutError:
        units = {
            unit.name: (unit.workload_status, unit.workload_status_message) for unit in model.units.values()
        }
        pytest.fail(f"never happened; units: {units}")


def message(model: Model, unit: str) -> str:
    return model.units[unit].workload_status_message if unit in model.units else ""


async def test_models_of_both_types_appear_and_go(juju: Controller, running: RunningController) -> None:
    pods = await juju.add_model("pods", cloud_name="sunbeam", config=dict(NO_KEYS))
    machines = await juju.add_model("machines", cloud_name="machines", config=dict(NO_KEYS))
    assert (pods.info.type_, machines.info.type_) == ("caas", "iaas")
    assert sorted(await juju.list_models()) == ["controller", "machines", "pods"]
    with pytest.raises(JujuError, match="already exists"):
        await juju.add_model("pods", config=dict(NO_KEYS))
    await pods.disconnect()
    await machines.disconnect()
    await juju.destroy_models("pods", "machines")
    async with asyncio.timeout(10):
        while len(await juju.list_models()) > 1:  # noqa: ASYNC110 - only the API tells
            await asyncio.sleep(0.05)
    assert running.server.services.misses == {}


async def test_deploy_integrate_and_configure(model: Model) -> None:
    source = await model.deploy(str(CHARMS / "source"), config={"greeting": "hi"})
    await model.deploy(str(CHARMS / "sink"))
    relation = await model.integrate("source:greeting", "sink:greeting")
    assert relation.matches("source:greeting", "sink:greeting")
    await until(model, lambda: message(model, "sink/0") == "heard hi")
    await source.set_config({"greeting": "bonjour", "loud": "true"})
    await until(model, lambda: message(model, "sink/0") == "heard BONJOUR")
    await model.wait_for_idle(status="active", idle_period=0.2, check_freq=0.1, timeout=30)
    assert (await source.get_config())["greeting"]["value"] == "bonjour"
    await source.reset_config(["greeting"])
    await until(model, lambda: message(model, "sink/0") == "heard HELLO")


async def test_what_cannot_be_related_says_why(model: Model) -> None:
    await model.deploy(str(CHARMS / "source"))
    await model.deploy(str(CHARMS / "sink"))
    with pytest.raises(JujuError, match="ambiguous relation"):
        await model.integrate("source", "sink")
    with pytest.raises(JujuError, match='application "nobody" not found'):
        await model.integrate("source", "nobody")
    with pytest.raises(JujuError, match='has no "colour" relation'):
        await model.integrate("source:colour", "sink")
    await model.integrate("source", "sink:greeting")
    await model.deploy(str(CHARMS / "source"), application_name="other")
    with pytest.raises(JujuError, match="maximum relation limit of 1"):
        await model.integrate("other", "sink:greeting")


async def test_scale_up_and_down(model: Model) -> None:
    source = await model.deploy(str(CHARMS / "source"))
    await source.scale(3)
    await until(model, lambda: sorted(u.name for u in source.units) == ["source/0", "source/1", "source/2"])
    await until(model, lambda: all(u.workload_status == "active" for u in source.units))
    leaders = [await unit.is_leader_from_status() for unit in source.units]
    assert leaders.count(True) == 1
    await source.scale(1)
    await until(model, lambda: [u.name for u in source.units] == ["source/0"])


async def test_images_and_files_are_uploaded(
    model: Model, running: RunningController, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p>hello</p>")
    web = await model.deploy(
        str(CHARMS / "web"), resources={"web-image": "localhost/web:1", "page": str(page)}
    )
    await until(model, lambda: message(model, "web/0") == "serving")
    assert [c.image for c in running.runtime.pods["web/0"].containers] == ["localhost/web:1"]
    assert set(await web.get_resources()) == {"web-image", "page"}
    await web.refresh(path=str(CHARMS / "web"), resources={"web-image": "localhost/web:2"})
    await until(model, lambda: running.runtime.pods["web/0"].containers[0].image == "localhost/web:2")
    with pytest.raises(JujuError, match='image resource "web-image" is missing'):
        await model.deploy(str(CHARMS / "web"), application_name="second")


async def test_refresh_deploys_the_new_revision(model: Model, tmp_path: Path) -> None:
    source = await model.deploy(str(CHARMS / "source"))
    await until(model, lambda: message(model, "source/0") == "hello")
    changed = shutil.copytree(CHARMS / "source", tmp_path / "source")
    (changed / "config.yaml").write_text(
        "options: {greeting: {type: string, default: servus}, loud: {type: boolean, default: false},"
        " count: {type: int, default: 1}}"
    )
    await source.refresh(path=str(changed))
    assert source.safe_data["charm-url"].endswith("source-1")
    await until(model, lambda: message(model, "source/0") == "servus")


async def test_a_packed_charm_is_deployed(model: Model, tmp_path: Path) -> None:
    packed = tmp_path / "source.charm"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in (CHARMS / "source").rglob("*"):
            archive.write(path, path.relative_to(CHARMS / "source"))
    await model.deploy(str(packed), application_name="packed")
    await until(model, lambda: message(model, "packed/0") == "hello")


async def test_a_failed_hook_is_shown_and_resolved(model: Model) -> None:
    source = await model.deploy(str(CHARMS / "source"))
    await until(model, lambda: message(model, "source/0") == "hello")
    await source.set_config({"greeting": "crash"})
    unit = model.units["source/0"]
    await until(model, lambda: unit.workload_status == "error")
    assert unit.workload_status_message == 'hook failed: "config-changed"'
    status = await model.get_status()
    assert status.applications["source"].status.status == "error"
    await source.set_config({"greeting": "back"})
    await unit.resolved(retry=True)
    await until(model, lambda: message(model, "source/0") == "back")


async def test_actions_and_commands(model: Model) -> None:
    source = await model.deploy(str(CHARMS / "source"))
    await until(model, lambda: message(model, "source/0") == "hello")
    unit = model.units["source/0"]
    said = await (await unit.run_action("say", text="boo")).wait()
    assert (said.status, said.results["said"]) == ("completed", "boo")
    assert (await (await unit.run_action("fail")).wait()).status == "failed"
    with pytest.raises(ValueError, match="Action `nosuch` not found"):
        await unit.run_action("nosuch")
    assert set(await source.get_actions()) == {"say", "fail"}
    done = await unit.run("config-get greeting", block=True)
    assert done.results["stdout"].strip() == "hello"


async def test_status_tells_the_whole_model(model: Model) -> None:
    source = await model.deploy(str(CHARMS / "source"), num_units=2)
    await model.deploy(str(CHARMS / "sink"))
    await model.integrate("source", "sink:greeting")
    await until(model, lambda: message(model, "sink/0") == "heard hello")
    await until(model, lambda: len([u for u in source.units if u.workload_status == "active"]) == 2)
    status = await model.get_status()
    assert status.model.name == "pods" and status.model.version == "3.6.12"
    assert sorted(status.applications["source"].units) == ["source/0", "source/1"]
    assert status.applications["source"].status.status == "active"
    assert status.applications["source"].workload_version == "1.0"
    assert status.applications["sink"].relations == {"greeting": ["source"]}
    keys = sorted(relation.key for relation in status.relations)
    assert keys == ["sink:greeting source:greeting", "source:members"]
    assert [item["storage-tag"] for item in await model.list_storage()] == [
        "storage-data-0",
        "storage-data-1",
    ]
    only = await model.get_status(filters=["sink"])
    assert list(only.applications) == ["sink"]


async def test_relations_and_applications_are_removed(model: Model) -> None:
    source = await model.deploy(str(CHARMS / "source"))
    await model.deploy(str(CHARMS / "sink"))
    await model.integrate("source", "sink:greeting")
    await until(model, lambda: message(model, "sink/0") == "heard hello")
    await source.destroy_relation("greeting", "sink:greeting", block_until_done=True)
    await until(model, lambda: message(model, "sink/0") == "no greeting")
    await model.remove_application("source", block_until_done=True, timeout=30)
    assert list(model.applications) == ["sink"]


async def test_storage_constraints_trust_and_exposure(model: Model) -> None:
    source = await model.deploy(
        str(CHARMS / "source"), trust=True, storage={"data": {"count": 1, "size": 1024}}
    )
    assert await source.get_trusted()
    await source.set_trusted(False)
    assert not await source.get_trusted()
    await source.expose()
    await until(model, lambda: bool(source.exposed))
    await source.unexpose()
    await until(model, lambda: not source.exposed)
    await source.set_constraints({"mem": 512})
    assert (await source.get_constraints())["mem"] == 512
    with pytest.raises(JujuError, match='unknown option "nosuch"'):
        await source.set_config({"nosuch": "1"})
    with pytest.raises(JujuError, match="expected int"):
        await source.set_config({"count": "many"})


async def test_machines_are_added_used_and_removed(juju: Controller, running: RunningController) -> None:
    model = await juju.add_model("machines", cloud_name="machines", config=dict(NO_KEYS))
    machine = await model.add_machine(constraints={"image-id": "localhost/sunbeam/hypervisor:latest"})
    await model.deploy(str(CHARMS / "agent"), to=machine.id)
    await until(model, lambda: message(model, "agent/0") == "on machine 0")
    assert running.runtime.machines["0"].image == "localhost/sunbeam/hypervisor:latest"
    assert model.units["agent/0"].machine.id == "0"
    with pytest.raises(JujuError, match="assigned"):
        await machine.destroy()
    await model.remove_application("agent", block_until_done=True, timeout=30)
    await machine.destroy()
    await until(model, lambda: not model.machines)
    await model.disconnect()


async def test_a_stored_charm_is_deployed_by_name(model: Model) -> None:
    from juju.client import client

    await model.deploy(str(CHARMS / "source"))
    facade = client.ApplicationFacade.from_connection(model.connection())
    wanted = client.DeployFromRepositoryArg(charmname="source", applicationname="again", num_units=1)
    result = await facade.DeployFromRepository([wanted])
    assert result.results[0].errors == []
    await until(model, lambda: message(model, "again/0") == "hello")
