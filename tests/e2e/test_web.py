"""The page of a real cloud in a real browser: what stopped is continued, and tried again, by its buttons."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from sunbeam.core.event_log import read_events
from sunbeam.core.lock import holder
from sunbeam.core.shipped import shipped
from tests.e2e.browser import Browser, chromium
from tests.e2e.conftest import PROGRAMS
from tests.e2e.seeding import PATHS, changed, wait_until

Program = Callable[..., str]
VM = "continued"
IMAGES = ("memcached", "rabbitmq")


@pytest.fixture
def page(sunbeam: Program) -> Iterator[Browser]:
    """The page of this cloud, logged in by the link that the command prints; off afterwards."""
    printed = sunbeam("web")
    link = next(word for word in printed.split() if "/sunbeam/#" in word)
    with chromium() as browser:
        browser.open(link)
        browser.wait_for_element("#live")
        yield browser
    sunbeam("web", "--off")


def newest(sunbeam: Program) -> dict[str, object]:
    changes = json.loads(sunbeam("changes", "--format", "json"))
    return dict(max(changes, key=lambda each: int(each["id"])))


def begun(change: int, verb: str) -> bool:
    return any(
        each["type"] == "host-changed" and each["verb"] == verb
        for each in read_events(PATHS.change_logs, change)
    )


@contextmanager
def broken(image: str) -> Iterator[None]:
    recipe = shipped("images") / image / "Containerfile"
    with changed(recipe, recipe.read_text() + "\nRUN seeded-fault\n"):
        yield


def test_a_killed_launch_is_continued_by_the_button(
    page: Browser, sunbeam: Program, openstack: Program
) -> None:
    before = int(str(newest(sunbeam)["id"]))
    command = subprocess.Popen([PROGRAMS / "sunbeam", "launch", VM], stdout=subprocess.DEVNULL)
    wait_until(lambda: int(str(newest(sunbeam)["id"])) > before, "no change begins")
    change = before + 1
    wait_until(lambda: begun(change, "create server"), "no server is created")
    worker = holder(PATHS.change_lock)
    assert worker is not None
    for pid in (command.pid, worker.pid):
        os.kill(pid, signal.SIGKILL)
    command.wait()

    page.wait_for("Continue")
    page.click("form[action$='/resume'] button")
    page.wait_for("(?i)running now")
    ends_well(sunbeam, change)
    page.wait_without("Continue")
    servers = json.loads(openstack("server", "list", "-f", "json", cloud="demo"))
    assert [each["Status"] for each in servers if each["Name"] == VM] == ["ACTIVE"]
    sunbeam("undo", str(change), "--yes")


def test_one_of_two_failed_tasks_is_tried_again_by_its_button(page: Browser, sunbeam: Program) -> None:
    with ExitStack() as faults:
        seeded = {image: faults.enter_context(ExitStack()) for image in IMAGES}
        for image, own in seeded.items():
            own.enter_context(broken(image))
        built = subprocess.run(
            [PROGRAMS / "sunbeam", "image", "build", *IMAGES], capture_output=True, text=True
        )
        assert built.returncode == 1 and "seeded-fault" in built.stdout + built.stderr
        change = newest(sunbeam)
        mended, other = IMAGES
        seeded[mended].close()
        page.wait_for("Try this task again")
        page.click(f"#failed-image-{mended} button")
        wait_until(lambda: tried_again(sunbeam, change, mended), "it is not tried again", 600)
        assert statuses(sunbeam, change)[f"image-{other}"] == "failed"
    page.wait_for("Continue")
    page.click("form[action$='/resume'] button")
    ends_well(sunbeam, change["id"])


def ends_well(sunbeam: Program, change: object) -> None:
    """It is the newest one.  Its failed state before the button was pressed does not count."""
    wait_until(lambda: newest(sunbeam)["status"] == "done", "the change does not end", 600)
    assert newest(sunbeam)["id"] == change


def tried_again(sunbeam: Program, change: dict[str, object], image: str) -> bool:
    """And the change, which went on with the other, has stopped again."""
    return statuses(sunbeam, change)[f"image-{image}"] == "done" and holder(PATHS.change_lock) is None


def statuses(sunbeam: Program, change: dict[str, object]) -> dict[str, str]:
    found = json.loads(sunbeam("tasks", str(change["id"]), "--format", "json"))
    return {each["task"]: each["status"] for each in found}
