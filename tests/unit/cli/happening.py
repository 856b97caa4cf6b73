"""Events of a change in the shape of a bootstrap, with a time for each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sunbeam.core import events
from sunbeam.core.estimate import Expected
from sunbeam.core.events import Event

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
IMAGES = tuple(f"image-{name}" for name in ("base", "glance", "keystone", "mariadb", "neutron", "nova"))
EXPECTED = (
    Expected("packages", 5, True, phase="Prepare"),
    Expected("services", 3, True, ("packages",), phase="Prepare"),
    *(
        Expected(task, 30, True, ("packages",), lane="builders", width=2, phase="Build images")
        for task in IMAGES
    ),
    Expected("deploy", 2, True, ("services",)),
    Expected("active", 25, True, ("deploy",), awaits=IMAGES),
    Expected("verify", 10, False, ("active",)),
)
TITLES = {"packages": "Install container tools", "services": "Start etcd and sunbeamd",
          "deploy": "Deploy the control plane", "active": "Wait for the control plane",
          "verify": "Check that every API answers"}  # fmt: skip


def at(seconds: float) -> str:
    return (BEGIN + timedelta(seconds=seconds)).isoformat()


def moment(seconds: float) -> float:
    return (BEGIN + timedelta(seconds=seconds)).timestamp()


def title(task: str) -> str:
    return TITLES.get(task) or f"Build image {task.removeprefix('image-')}"


def started(resumed: bool = False) -> Event:
    tasks = tuple((each.task, title(each.task)) for each in EXPECTED)
    return events.ChangeStarted(7, "bootstrap", "Bootstrap the cloud", tasks, resumed, EXPECTED, time=at(0))


def begun(task: str, seconds: float) -> Event:
    return events.TaskStarted(7, task, title(task), time=at(seconds))


def over(task: str, seconds: float, spent: float = 1.0, status: str = "done", error: str = "") -> Event:
    return events.TaskFinished(7, task, title(task), status, spent, error, time=at(seconds))


def unit(name: str, what: str, seconds: float) -> Event:
    return events.UnitAwaited(7, "active", name, what, time=at(seconds))


def half_way() -> list[Event]:
    """After 40 seconds: prepared and deployed, two images built, two at work, two waiting."""
    told = [started(), begun("packages", 0), over("packages", 5, 5)]
    told += [begun(task, 5) for task in (*IMAGES, "services")]
    told += [events.TaskQueued(7, task, time=at(5)) for task in IMAGES]
    told += [over("services", 8, 3), begun("deploy", 8), over("deploy", 10, 2), begun("active", 10)]
    for index, task in enumerate(IMAGES[:4]):
        told.append(events.TaskWorking(7, task, time=at(5 + index // 2 * 20)))
    told += [over(task, 25, 20) for task in IMAGES[:2]]
    told += [
        unit("glance/0", "waiting: Waiting for Pebble in the container glance-api.", 20),
        unit("keystone/0", "executing: running config-changed hook", 30),
        unit("mariadb/0", "mariadb: image localhost/sunbeam/mariadb:latest is being built", 12),
        unit("nova/0", "executing: running update-status hook", 35),
    ]
    return told
