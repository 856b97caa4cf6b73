"""What a dry run lists is what the change then does, and nothing is changed by looking."""

from __future__ import annotations

import json
import tempfile
from hashlib import sha256
from pathlib import Path

import pytest

from sunbeam.core.clock import SystemClock
from sunbeam.core.engine import Engine
from sunbeam.core.event_log import read_events
from sunbeam.core.event_schema import event_schema
from sunbeam.core.events import parse_event
from sunbeam.core.foresight import Preview, ResourceChange
from sunbeam.core.host import Host
from sunbeam.core.journal import Journal
from sunbeam.core.preview import preview
from sunbeam.core.process import SystemProcesses
from sunbeam.core.redaction import Redactor
from tests.fakes.json_schema import mistakes
from tests.functional.bootstrap import small_bootstrap
from tests.functional.bootstrap.bootstrap_harness import SmallCloud
from tests.touches import Touches, foreseen, performed

ALIVE = ("etcd", "engine", "log", "runtime", "containers")
"""Folders below the state that running services write to."""
BY_SUNBEAMD = ("interface", "setting")
"""Kinds of touches of which the preview says that sunbeamd makes them itself when it starts."""


async def look(cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch) -> Preview:
    monkeypatch.setenv("SUNBEAM_ROOT", str(cloud.root))
    small_bootstrap.ship(cloud.root)
    settings = small_bootstrap.settings_of(cloud.root)
    with tempfile.TemporaryDirectory() as scratch:
        file = cloud.paths.journal
        journal = Journal(file if file.exists() else Path(scratch) / "journal.db")
        clock, redactor = SystemClock(), Redactor()
        host = Host(SystemProcesses(), journal, cloud.paths, clock, redactor, dry_run=True)
        engine = Engine(journal, host, cloud.paths, clock, redactor)
        try:
            return await preview(engine, small_bootstrap.change(settings), journal)
        finally:
            journal.close()


def tree(cloud: SmallCloud) -> dict[str, str]:
    """Every file and folder with what is in it."""
    found = {}
    for path in sorted(cloud.root.rglob("*")):
        below = path.relative_to(cloud.root)
        if "__pycache__" in below.parts or cloud.paths.run in path.parents:
            continue
        if below.parts[:3] == ("var", "lib", "sunbeam") and below.parts[3:4] in [(name,) for name in ALIVE]:
            continue
        if path.is_symlink():
            found[str(below)] = str(path.readlink())
        else:
            found[str(below)] = sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        found[str(below)] += f" {path.lstat().st_mode:o}"
    return {name: what for name, what in found.items() if not name.endswith(("-wal", "-shm"))}


def events(cloud: SmallCloud, change: int) -> list[dict[str, object]]:
    return list(read_events(cloud.paths.change_logs, change))


def touched(cloud: SmallCloud, change: int) -> Touches:
    """What the change told that it did to this machine."""
    return performed(event for each in events(cloud, change) if (event := parse_event(each)))


def done(cloud: SmallCloud, change: int) -> list[object]:
    """Ids of the tasks that were really done."""
    ended = [each for each in events(cloud, change) if each["type"] == "task-finished"]
    return [each["task"] for each in ended if each["status"] == "done"]


def applied(cloud: SmallCloud, change: int) -> set[tuple[str, str]]:
    """What core told that it did: (action, address)."""
    told = [each for each in events(cloud, change) if each["type"] == "task-progress"]
    words = [str(each["text"]).split(" ") for each in told if each["task"] == "terraform-small"]
    return {(action, address) for action, address in (each for each in words if len(each) == 2)
            if address.startswith("juju_")}  # fmt: skip


def resources(seen: Preview) -> tuple[ResourceChange, ...]:
    (task,) = [task for task in seen.tasks if task.task == "terraform-small"]
    return task.foresight.resources


async def test_a_dry_run_lists_what_is_then_done(cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree(cloud)
    seen = await look(cloud, monkeypatch)
    assert tree(cloud) == before
    assert seen.unchanged == ("Fetch etcd",) and seen.changes and seen.node == "small"
    assert {(each.action, each.address) for each in resources(seen)} == {
        ("create", "juju_model.small"),
        ("create", "juju_application.greeter"),
        ("create", "juju_application.listener"),
        ("create", "juju_integration.greeting"),
    }
    values = {change.name: change.after for each in resources(seen) for change in each.attributes}
    assert values["local_charm.0.path"].startswith(str(cloud.paths.charms))

    ended = cloud.bootstrap()
    assert ended.returncode == 0, ended.stderr + cloud.logs()
    assert sorted(map(str, done(cloud, 1))) == sorted(task.task for task in seen.tasks)
    assert applied(cloud, 1) == {(each.action, each.address) for each in resources(seen)}
    assert touched(cloud, 1) == foreseen(seen, *BY_SUNBEAMD)

    schema = event_schema()
    for event in events(cloud, 1):
        assert list(mistakes(json.loads(json.dumps(event)), schema, schema)) == []


async def test_on_a_converged_cloud_nothing_is_foreseen_until_something_differs(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = cloud.bootstrap()
    assert ended.returncode == 0, ended.stderr + cloud.logs()
    before = tree(cloud)
    seen = await look(cloud, monkeypatch)
    assert tree(cloud) == before
    assert not seen.changes and resources(seen) == () and seen.seconds < 60
    assert all(task.measured for task in seen.tasks)
    assert cloud.bootstrap().returncode == 0
    assert sorted(map(str, done(cloud, 2))) == sorted(task.task for task in seen.tasks)
    assert touched(cloud, 2) == foreseen(seen) == set()

    source = cloud.charms / "greeter/src/charm.py"
    source.write_text(source.read_text() + "\n# another version\n")
    seen = await look(cloud, monkeypatch)
    assert seen.changes
    (changed,) = resources(seen)
    assert (changed.action, changed.address) == ("update", "juju_application.greeter")
    hashes = [each for each in changed.attributes if each.name == "local_charm.0.path_hash"]
    assert len(hashes) == 1 and hashes[0].before != hashes[0].after
    (packed,) = [task for task in seen.tasks if task.task == "charms"]
    assert [Path(touch.name).name for touch in packed.foresight.touches] == ["greeter.charm"]
    assert any("whose units may restart: greeter" in risk for task in seen.tasks
               for risk in task.foresight.risks)  # fmt: skip
    assert cloud.bootstrap().returncode == 0
    assert applied(cloud, 3) == {("update", "juju_application.greeter")}
    assert touched(cloud, 3) == foreseen(seen, *BY_SUNBEAMD)


async def test_without_a_core_the_module_s_files_say_what_there_will_be(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (cloud.paths.bin / "tofu").unlink()
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    seen = await look(cloud, monkeypatch)
    assert [each.address for each in resources(seen)] == [
        "juju_model.small",
        "juju_application.greeter",
        "juju_application.listener",
        "juju_integration.greeting",
    ]
    (fetched,) = [task for task in seen.tasks if task.task == "terraform"]
    assert fetched.foresight.artifacts[0].verb == "fetch"
    assert not (cloud.paths.bin / "tofu").exists()
