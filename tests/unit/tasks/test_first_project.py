"""What a first project and a first VM need: what a dry run lists is what is then made, once."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openstack
import pytest
import yaml

from sunbeam.cluster.openstack import DEMO
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.change import Change
from sunbeam.core.errors import SunbeamError
from sunbeam.core.host import Mutation
from sunbeam.core.manifest.model import Manifest
from sunbeam.core.paths import Paths
from sunbeam.core.preview import preview
from sunbeam.tasks.demo import configure
from sunbeam.tasks.launch import launch
from tests.fakes.openstack_sdk import Api, Cloud
from tests.unit.core.bench import Workbench

ADMIN = {
    "auth": {"auth_url": "https://192.0.2.7/v3", "username": "admin", "password": "a"},
    "region_name": "RegionOne",
    "cacert": "ca.crt",
}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cloud:
    cloud = Cloud()
    monkeypatch.setattr(openstack.connection, "Connection", cloud.connect)
    cloud.add("project", name="admin")
    paths = Paths(tmp_path)
    paths.etc.mkdir(parents=True)
    NodeSettings.file(paths).write_text(NodeSettings("one", "192.0.2.7").dump())
    admin = {**ADMIN, "auth": {**ADMIN["auth"], "project_name": "admin"}}  # type: ignore[dict-item]
    (paths.etc / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"sunbeam": admin}}))
    return cloud


def project(paths: Paths, **demo: Any) -> Change:
    return asked(configure(paths, Manifest.model_validate({"demo": demo})))


def vm(paths: Paths, image: str = "guest") -> Change:
    return asked(launch(paths, "first", image, "m1.tiny"))


def asked(whole: Change) -> Change:
    """What OpenStack is asked for; the machine and the cluster store have tests of their own."""
    tasks = [task for task in whole.tasks if "manifest" not in task.id and task.id != "machine"]
    return Change(whole.kind, whole.title, tasks)


async def listed(tmp_path: Path, wanted: Change) -> list[tuple[str, str]]:
    dry = Workbench(tmp_path, dry_run=True)
    seen = await preview(dry.engine, wanted, dry.journal)
    return [(touch.verb, touch.name) for task in seen.tasks for touch in task.foresight.touches]


async def done(tmp_path: Path, wanted: Change) -> list[Mutation]:
    real = Workbench(tmp_path)
    await real.engine.run(wanted)
    return real.host.performed


def pairs(performed: list[Mutation]) -> list[tuple[str, str]]:
    return [(each.verb, each.target) for each in performed]


async def test_a_dry_run_lists_what_a_first_project_gets(cloud: Cloud, tmp_path: Path) -> None:
    wanted = project(Paths(tmp_path))
    before = {kind: list(objects) for kind, objects in cloud.objects.items()}
    foreseen = await listed(tmp_path, wanted)
    assert cloud.objects == before and not (Paths(tmp_path).etc / "demo.key").exists()

    made = pairs(await done(tmp_path, wanted))
    assert sorted(foreseen) == sorted(made)
    assert {
        ("create project", "demo"),
        ("update quotas of project", "demo"),
        ("create network", "external"),
        ("create network", "demo"),
        ("create router", "demo"),
        ("add interface to router", "demo"),
        ("create security group rule", "tcp 22"),
        ("create SSH key", "demo"),
        ("create image", "guest"),
    } <= set(made)
    (router,) = cloud.objects["router"]
    external, own = cloud.objects["network"]
    assert router.external_gateway_info == {"network_id": external.id} and own.project_id != "project-1"

    assert await listed(tmp_path, wanted) == []
    assert await done(tmp_path, wanted) == []


async def test_an_undo_is_listed_as_if_what_it_takes_back_first_were_gone(
    cloud: Cloud, tmp_path: Path
) -> None:
    """The project is kept while it has a network."""
    wanted = project(Paths(tmp_path))
    await done(tmp_path, wanted)
    before = {kind: list(objects) for kind, objects in cloud.objects.items()}
    dry = Workbench(tmp_path, dry_run=True)
    planned = await dry.engine.plan_undo(wanted, dry.journal.changes()[0])
    assert [each.foresight.note for each in planned] == [""] * len(planned)
    assert {
        ("delete network", "demo"),
        ("delete router", "demo"),
        ("delete user", "demo"),
        ("delete project", "demo"),
        ("delete image", "guest"),
        ("remove", str(Paths(tmp_path).etc / "demo.key")),
    } <= set(pairs(dry.host.performed))
    assert cloud.objects == before and (Paths(tmp_path).etc / "demo.key").exists()


async def test_a_password_that_is_made_is_a_secret(cloud: Cloud, tmp_path: Path) -> None:
    real = Workbench(tmp_path)
    await real.engine.run(project(Paths(tmp_path)))
    assert cloud.passwords["demo"] not in real.redactor.redact(f"the password is {cloud.passwords['demo']}")


async def test_only_what_differs_is_listed_and_done(cloud: Cloud, tmp_path: Path) -> None:
    await done(tmp_path, project(Paths(tmp_path)))
    cloud.passwords["demo"] = "changed by somebody"
    wanted = project(Paths(tmp_path), quota={"cores": 4}, network={"dns": ["192.0.2.53"]})
    foreseen = await listed(tmp_path, wanted)
    assert sorted(foreseen) == [("update quotas of project", "demo"), ("update subnet", "demo"),
                                ("update user", "demo")]  # fmt: skip
    assert pairs(await done(tmp_path, wanted)) == foreseen
    assert cloud.passwords["demo"] != "changed by somebody"
    assert (await listed(tmp_path, wanted)) == []


async def test_a_vm_is_listed_before_it_is_asked_for(cloud: Cloud, tmp_path: Path) -> None:
    wanted = vm(Paths(tmp_path))
    with pytest.raises(SunbeamError, match="no credentials for demo"):
        await listed(tmp_path, wanted)
    await done(tmp_path, project(Paths(tmp_path)))
    assert await listed(tmp_path, wanted) == [
        ("create server", "first"),
        ("create floating address", "first"),
    ]
    assert "server" not in cloud.objects
    with pytest.raises(SunbeamError, match="no image other"):
        await listed(tmp_path, vm(Paths(tmp_path), image="other"))


async def test_a_vm_in_error_is_replaced(cloud: Cloud, tmp_path: Path) -> None:
    await done(tmp_path, project(Paths(tmp_path)))
    cloud.add("server", name="first", status="ERROR", launched_at=None)
    (task, *_) = vm(Paths(tmp_path)).tasks
    foreseen = await listed(tmp_path, Change("launch", "Launch", [task]))
    assert foreseen == [("delete server", "first"), ("create server", "first")]


async def test_a_vm_in_error_that_ran_keeps_its_disk(cloud: Cloud, tmp_path: Path) -> None:
    await done(tmp_path, project(Paths(tmp_path)))
    fault = {"message": "hard reboot failed"}
    ran = cloud.add("server", name="first", status="ERROR", launched_at="2026-01-01T00:00:00Z", fault=fault)
    ran.task_state = None
    asking, waiting = (task for task in vm(Paths(tmp_path)).tasks if task.id in ("server", "active"))
    with pytest.raises(SunbeamError, match="The VM first is in error") as raised:
        await done(tmp_path, Change("launch", "Launch", [asking, waiting]))
    assert cloud.objects["server"] == [ran] and ran.id in raised.value.next_command


async def test_a_vm_is_taken_back_when_nova_lists_it_no_more(cloud: Cloud, tmp_path: Path) -> None:
    """It is called DELETED before."""
    await done(tmp_path, project(Paths(tmp_path)))
    (task, *_) = vm(Paths(tmp_path)).tasks
    launched = Change("launch", "Launch", [task])
    bench = Workbench(tmp_path)
    await bench.engine.run(launched)
    (server,) = cloud.objects["server"]
    await bench.engine.undo(launched, bench.journal.changes()[0])
    assert server.status == "DELETED" and cloud.objects["server"] == []


async def test_a_vm_that_is_being_deleted_is_replaced(cloud: Cloud, tmp_path: Path) -> None:
    await done(tmp_path, project(Paths(tmp_path)))
    deleted = cloud.add("server", name="first", status="DELETED", looks_left=3)
    (task, *_) = vm(Paths(tmp_path)).tasks
    await done(tmp_path, Change("launch", "Launch", [task]))
    (server,) = cloud.objects["server"]
    assert server.id != deleted.id and server.status == "ACTIVE"


async def test_an_image_whose_upload_was_cut_off_is_uploaded_again(cloud: Cloud, tmp_path: Path) -> None:
    """Glance keeps the record, which is there before the data."""
    cut_off = cloud.add("image", name="guest", status="queued")
    wanted = project(Paths(tmp_path))
    foreseen = await listed(tmp_path, wanted)
    assert {("delete image", "guest"), ("create image", "guest")} <= set(foreseen)
    assert sorted(pairs(await done(tmp_path, wanted))) == sorted(foreseen)
    (image,) = cloud.objects["image"]
    assert image.id != cut_off.id and image.status == "active"


async def test_a_vm_that_somebody_deletes_meanwhile_is_named(cloud: Cloud, tmp_path: Path) -> None:
    await done(tmp_path, project(Paths(tmp_path)))
    (waiting,) = (task for task in vm(Paths(tmp_path)).tasks if task.id == "active")
    waiting.needs = ()
    alone = Change("launch", "Launch", [waiting])
    with pytest.raises(SunbeamError, match="The VM first is gone") as raised:
        await done(tmp_path, alone)
    assert raised.value.where == "project demo" and raised.value.next_command == "sunbeam launch first"


async def test_the_demo_user_is_told_apart_from_the_administrator(cloud: Cloud, tmp_path: Path) -> None:
    await done(tmp_path, project(Paths(tmp_path)))
    clouds = yaml.safe_load((Paths(tmp_path).etc / "clouds.yaml").read_text())["clouds"]
    assert clouds[DEMO]["auth"]["password"] == cloud.passwords["demo"]
    assert all(isinstance(each, SimpleNamespace) for each in cloud.objects["user"])


@pytest.mark.parametrize(("failures", "made"), [(2, True), (3, False)])
async def test_an_api_that_is_away_for_a_moment_is_asked_again(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failures: int, made: bool
) -> None:
    from keystoneauth1.exceptions import BadGateway

    left = [BadGateway("Bad Gateway")] * failures
    flavors = Api.__dict__["_create"]

    def create(api: Api, kind: str, attributes: dict[str, Any]) -> SimpleNamespace:
        if kind == "flavor" and left:
            raise left.pop()
        return flavors(api, kind, attributes)  # type: ignore[no-any-return]

    monkeypatch.setattr(Api, "_create", create)
    flavor = next(task for task in project(Paths(tmp_path)).tasks if task.id == "flavors")
    with nullcontext() if made else pytest.raises(SunbeamError, match="Bad Gateway"):
        await done(tmp_path, Change("t", "T", [flavor]))
    assert len(cloud.objects.get("flavor", [])) == (3 if made else 0)
