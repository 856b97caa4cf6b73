"""The page of a node and the stream that keeps it fresh."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from sunbeam.cluster.health import Health
from sunbeam.cluster.probes import CloudHealth
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.errors import Problem, SunbeamError
from sunbeam.core.lock import change_lock
from sunbeam.core.paths import Paths
from sunbeam.core.process import Completed
from sunbeam.web.cloud_feed import CloudFeed
from sunbeam.web.commands import Attempt
from sunbeam.web.overview import Watcher
from sunbeam.web.parts import BASE
from tests.fakes.cloud import APIS, WELL, model
from tests.unit.web import recorded
from tests.unit.web.visitor import RecordedCommands, Visitor, parts

FAILED = recorded.until("task-started", "image-nova")


async def test_a_bare_machine_leads_to_the_questions(visitor: Visitor) -> None:
    assert (await visitor.get("/")).headers["Location"] == f"{BASE}/setup"


async def test_a_cloud_that_is_well(visitor: Visitor, node: Paths) -> None:
    text = (await visitor.get("/")).text
    assert "All is well" in text and "13 active units, 6 answering APIs, 2 VMs" in text
    assert "https://192.0.2.7/openstack-horizon/" in text and "172.24.4.9" in text
    assert "edge-7" in text


def with_health(visitor: Visitor, health: Health | SunbeamError) -> None:
    async def look(paths: Paths, settings: NodeSettings) -> Health:
        if isinstance(health, SunbeamError):
            raise health
        return health

    object.__setattr__(visitor.view, "cloud", CloudFeed(visitor.view.paths, look))


async def test_what_is_not_well_is_told_with_the_command_to_type(visitor: Visitor, node: Paths) -> None:
    ill = model("openstack", nova=("error", "error", 'hook failed: "<script>alert(1)</script>"'))
    apis = (replace(APIS[0], problem="HTTP 503"),)
    with_health(visitor, replace(WELL, models=(ill,), cloud=CloudHealth(apis, None)))
    text = (await visitor.get("/")).text
    assert "2 things are not well" in text and "sunbeam debug log --unit nova/0" in text
    assert "&lt;script&gt;" in text and "<script>alert" not in text
    assert "Nova or Keystone does not tell" in text


async def test_a_cloud_that_does_not_answer_is_told_too(visitor: Visitor, node: Paths) -> None:
    with_health(visitor, SunbeamError("The journal cannot be read", where="journal.db"))
    text = (await visitor.get("/")).text
    assert "This node is not well" in text and "journal.db" in text


async def test_a_look_that_fails_is_an_answer_and_not_asked_again_at_once(node: Paths) -> None:
    asked = []

    async def look(paths: Paths, settings: NodeSettings) -> Health:
        asked.append(settings.name)
        raise TypeError("'NoneType' object is not subscriptable")

    feed = CloudFeed(node, look, monotonic=lambda: 7.0)
    for _ in range(2):
        answer = await feed.first(5)
        assert answer is not None and "not subscriptable" in answer.problem
    assert len(asked) == 1


async def test_a_running_change(visitor: Visitor, node: Paths) -> None:
    with change_lock(node.change_lock) as held:
        held.tell(1)
        recorded.write(node, recorded.until("task-started", "active-openstack") + 5)
        text = (await visitor.get("/")).text
    assert (
        "Running now" in text and "waiting: for the database" in text and "Wait for the control plane" in text
    )
    assert re.search(r"\d of 28 tasks done", text)
    assert "Continue" not in text


async def test_a_failed_change_can_be_continued_or_its_task_tried_again(
    visitor: Visitor, node: Paths, commands: RecordedCommands
) -> None:
    file = recorded.write(node, FAILED)
    error = "nova was not built"
    recorded.append(file, type="task-finished", task="image-ovn", title="", status="failed", seconds=1)
    recorded.append(
        file, type="task-finished", task="image-nova", title="x", status="failed", seconds=1, error=error
    )
    recorded.append(file, type="change-finished", status="failed", seconds=2, error=error)
    text = (await visitor.get("/")).text
    assert error in text and "Try this task again" in text and ">Continue</button>" in text
    assert (await visitor.post("/retry", {"task": "image-nova"})).status == 303
    assert (await visitor.post("/retry", {"task": "image-glance"})).status == 409
    assert (await visitor.post("/retry", {"task": "--yes"})).status == 409
    assert (await visitor.post("/resume")).status == 303
    assert commands.typed == ["retry image-nova --change 1", "resume 1"]


async def test_there_is_nothing_to_continue(
    visitor: Visitor, node: Paths, commands: RecordedCommands
) -> None:
    recorded.write(node)
    assert (await visitor.post("/resume")).status == 409
    assert (await visitor.post("/retry", {"task": "verify"})).status == 409
    assert commands.typed == []


async def test_what_stands_in_the_way_of_a_change_is_told(visitor: Visitor) -> None:
    attempt = Attempt(("cluster", "bootstrap"), running=False)
    attempt.problems.append(Problem("Port 443 is taken", next_command="systemctl stop nginx"))
    visitor.view.commands.last = attempt
    text = (await visitor.get("/")).text
    assert "It was not begun" in text and "Port 443 is taken" in text and "systemctl stop nginx" in text


async def test_the_stream_sends_the_clock_and_all_parts(visitor: Visitor, node: Paths) -> None:
    await visitor.get("/")
    clock, first = await visitor.stream(2)
    assert clock["retry"] == "500" and float(clock["data"]) > 1e9
    assert set(parts(first)) == {"headline", "change", "cloud", "past"}
    assert "All is well" in parts(first)["headline"]


async def test_the_stream_replays_to_whoever_saw_another_state(visitor: Visitor, node: Paths) -> None:
    file = recorded.write(node, FAILED)
    await visitor.view.cloud.first(1)
    _, first = await visitor.stream(2)
    session = visitor.view.access.session(visitor.cookie)
    assert session is not None

    seen = Watcher(visitor.view, session, first["id"])
    assert seen.look().startswith(b":")
    recorded.append(file, type="change-finished", status="interrupted", seconds=2, error="Interrupted")
    assert b'"change"' in seen.look()

    _, again = await visitor.stream(2, Last_Event_ID=first["id"])
    assert again["id"] != first["id"] and "Interrupted" in parts(again)["change"]


async def test_only_what_is_new_is_sent(visitor: Visitor, node: Paths) -> None:
    await visitor.view.cloud.first(1)
    session = visitor.view.access.session(visitor.cookie)
    assert session is not None
    with change_lock(node.change_lock) as held:
        held.tell(1)
        recorded.write(node, 60)
        watcher = Watcher(visitor.view, session)
        assert b'"cloud"' in watcher.look()
        assert watcher.look() == b""
        recorded.write(node, recorded.until("task-finished", "image-base"))
        news = watcher.look()
        assert b'"change"' in news and b'"cloud"' not in news


async def test_a_stream_ends_with_its_session(visitor: Visitor, node: Paths) -> None:
    async with visitor.client.get(f"{BASE}/stream", headers=visitor._all({})) as answer:
        await answer.content.readline()
        visitor.view.access.new_token()
        assert await answer.content.read() is not None
        assert answer.content.at_eof()


async def test_a_report_runs_nothing(visitor: Visitor, commands: RecordedCommands) -> None:
    commands.answer = Completed((), 2, "", "Error: There is no change 9\n  next: sunbeam changes")
    answer = await visitor.get("/changes/9")
    assert answer.status == 404 and "There is no change 9" in answer.text
    assert commands.typed[0].startswith("report 9 ")
    assert (await visitor.get("/changes/-1")).status == 404


async def test_the_doctor_is_asked_on_demand(visitor: Visitor, commands: RecordedCommands) -> None:
    assert commands.typed == [] and "It takes some seconds" in (await visitor.get("/doctor")).text
    finding = '{"cause": "The disk is full", "evidence": "0 B free", "remedy": "df -h", "about": "/", \
"severity": "error", "id": "disk-full", "consequences": []}'
    commands.answer = Completed((), 1, f'{{"ok": false, "findings": [{finding}], "unanswered": {{}}}}')
    text = (await visitor.get("/doctor?now")).text
    assert "1 finding" in text and "The disk is full" in text and "df -h" in text
    commands.answer = Completed((), 1, "", "Error: Not root")
    assert "Not root" in (await visitor.get("/doctor?now")).text


@pytest.mark.parametrize("lines", [1, 30, 100, FAILED])
async def test_no_page_holds_a_secret(visitor: Visitor, node: Paths, lines: int) -> None:
    recorded.write(node, lines)
    text = (await visitor.get("/")).text
    assert visitor.view.access.ensure_token() not in text and visitor.cookie not in text
