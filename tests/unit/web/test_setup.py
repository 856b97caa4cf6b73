"""The wizard on the page: the questions of the terminal, checked by the server."""

from __future__ import annotations

import json
from html import unescape
from pathlib import Path

import pytest
import yaml

from sunbeam.core.lock import change_lock
from sunbeam.core.manifest.effective import effective
from sunbeam.core.paths import Paths
from sunbeam.core.process import Completed
from sunbeam.core.questions import QUESTIONS
from sunbeam.web.draft import Draft
from sunbeam.web.parts import BASE
from tests.fakes.machine import MACHINE
from tests.unit.web.visitor import RecordedCommands, Visitor

POD_RANGE = "Which IPv4 range do the control plane"


def answer_files(paths: Paths) -> list[Path]:
    return sorted((paths.etc / "web").glob("answers*"))


async def test_every_question_is_on_the_page_with_its_default(visitor: Visitor) -> None:
    text = unescape((await visitor.get("/setup")).text)
    for question in QUESTIONS:
        assert question.title in text and question.why in text
    assert 'name="network.address" type="text" value="192.0.2.7"' in text
    assert "edge-7, Debian GNU/Linux 13 (trixie)" in text and "<dt>DNS</dt><dd>192.0.2.1</dd>" in text


async def test_the_interface_with_the_default_route_warns(visitor: Visitor) -> None:
    text = (await visitor.get("/setup")).text
    choice = text.partition('value="eno1"')[2].partition("</label>")[0]
    assert "default route" in choice and 'class="problem"' in choice
    assert 'value="eno1" checked' not in text


async def test_wrong_answers_come_back_with_what_is_wrong(visitor: Visitor) -> None:
    answer = await visitor.post("/setup", {"network.address": "1.2.3", "network.pods": "192.0.2.0/25"})
    assert answer.status == 422
    assert "2 answers to look at again" in answer.text
    assert "must be an IPv4 address such as 192.0.2.1" in unescape(answer.text)
    assert "192.0.2.0/25 is in use" in answer.text
    assert 'value="1.2.3"' in answer.text and answer.text.count('aria-invalid="true"') == 2
    assert (await visitor.get("/setup/review")).headers["Location"] == f"{BASE}/setup"
    assert (await visitor.post("/setup/start")).headers["Location"] == f"{BASE}/setup"


async def test_answers_are_checked_while_they_are_typed(visitor: Visitor) -> None:
    answer = await visitor.post("/setup/check", {"network.external.interface": "eno1"})
    found = json.loads(answer.text)
    assert set(found) == {question.key for question in QUESTIONS}
    assert "the cloud's address" in found["network.external.lose_addresses"]["problem"]
    assert found["network.external.lose_addresses"]["shown"]
    assert found["network.external.range"]["basic"]
    answer = await visitor.post("/setup/check", {"network.external.interface": ""})
    found = json.loads(answer.text)
    assert not any(field["problem"] for field in found.values())
    assert not found["network.external.lose_addresses"]["shown"]


async def test_the_review_tells_values_and_where_they_came_from(visitor: Visitor) -> None:
    answer = await visitor.post("/setup", {"name": "stall", "region": "Here"})
    assert answer.headers["Location"] == f"{BASE}/setup/review"
    text = " ".join((await visitor.get("/setup/review")).text.split())
    assert '192.0.2.1 <span class="muted">detected' in text
    assert 'stall <span class="muted">answer' in text
    assert 'Here <span class="muted">answer' in text
    assert '192.0.2.7 <span class="muted">detected' in text
    assert 'this machine only <span class="muted">default' in text


async def test_the_start_writes_what_was_reviewed_and_runs_the_command(
    visitor: Visitor, paths: Paths, commands: RecordedCommands
) -> None:
    await visitor.post("/setup", {"name": "stall", "network.dns": "192.0.2.1, 192.0.2.2"})
    answer = await visitor.post("/setup/start")
    assert answer.headers["Location"] == f"{BASE}/"
    (file,) = answer_files(paths)
    assert commands.typed == [f"cluster bootstrap --accept-defaults --manifest {file}"]
    assert file.stat().st_mode & 0o777 == 0o600
    written = yaml.safe_load(file.read_text())
    assert written["name"] == "stall" and written["network"]["address"] == "192.0.2.7"
    manifest = effective([file]).manifest
    assert [str(address) for address in manifest.network.dns] == ["192.0.2.1", "192.0.2.2"]
    assert "Looking at this machine" in (await visitor.get("/")).text


async def test_what_was_started_is_what_was_reviewed_whatever_others_do_meanwhile(
    visitor: Visitor, paths: Paths, commands: RecordedCommands
) -> None:
    await visitor.post("/setup", {"name": "mine"})
    await visitor.post("/setup/start")
    (file,) = answer_files(paths)
    visitor.cookie = visitor.view.access.begin()
    await visitor.post("/setup/check", {"name": "theirs"})
    for answer in (await visitor.get("/setup/preview"), await visitor.post("/setup/start")):
        assert answer.headers["Location"] == f"{BASE}/"
    assert len(commands.typed) == 1 and answer_files(paths) == [file]
    assert yaml.safe_load(file.read_text())["name"] == "mine"


async def test_a_second_start_leaves_no_answers_of_the_first(visitor: Visitor, paths: Paths) -> None:
    await visitor.post("/setup/start")
    assert visitor.view.commands.last is not None
    visitor.view.commands.last.running = False
    visitor.cookie = visitor.view.access.begin()
    await visitor.post("/setup", {"name": "second"})
    await visitor.post("/setup/start")
    (file,) = answer_files(paths)
    assert yaml.safe_load(file.read_text())["name"] == "second"


async def test_two_people_have_drafts_of_their_own(visitor: Visitor) -> None:
    await visitor.post("/setup/check", {"name": "mine"})
    mine, visitor.cookie = visitor.cookie, visitor.view.access.begin()
    assert 'value="mine"' not in (await visitor.get("/setup")).text
    visitor.cookie = mine
    assert 'value="mine"' in (await visitor.get("/setup")).text


async def test_the_preview_is_that_of_the_command(
    visitor: Visitor, paths: Paths, commands: RecordedCommands
) -> None:
    artifact = {"verb": "fetch", "name": "etcd", "size": 20 << 20}
    foresight = {"risks": ["eno1 loses its addresses"], "artifacts": [artifact]}
    task = {"task": "etcd", "title": "Fetch etcd", "phase": "", "seconds": 4.0, "measured": False}
    preview = {
        "kind": "cluster bootstrap",
        "title": "x",
        "tasks": [{**task, "foresight": foresight}],
        "unchanged": [],
        "seconds": 4.0,
        "critical": [],
        "node": "rack-7",
    }
    warning = {"type": "problem-found", "severity": "warning", "what": "No KVM", "change": 0}
    told = [warning, {"type": "change-previewed", "change": 0, "preview": preview}]
    commands.answer = Completed((), 0, "".join(json.dumps({"schema": 1, **each}) + "\n" for each in told))
    text = (await visitor.get("/setup/preview")).text
    assert commands.typed[0].endswith("answers.yaml --dry-run --output json")
    assert not Path(commands.typed[0].split()[4]).exists() and answer_files(paths) == []
    for wanted in (
        "1 tasks on rack-7, about 4 s",
        "eno1 loses its addresses",
        "fetch etcd, 20 MiB",
        "To know: No KVM",
    ):
        assert wanted in " ".join(text.split())


async def test_a_cloud_is_not_set_up_again(visitor: Visitor, node: Paths, commands: RecordedCommands) -> None:
    for path in ("/setup", "/setup/review", "/setup/preview"):
        assert (await visitor.get(path)).headers["Location"] == f"{BASE}/"
    assert (await visitor.post("/setup/start")).headers["Location"] == f"{BASE}/"
    assert commands.typed == []


async def test_a_machine_that_is_being_changed_is_not_set_up(
    visitor: Visitor, paths: Paths, commands: RecordedCommands
) -> None:
    with change_lock(paths.change_lock):
        assert (await visitor.post("/setup/start")).headers["Location"] == f"{BASE}/"
    assert commands.typed == []


def test_what_comes_back_as_it_was_shown_is_no_answer() -> None:
    draft = Draft(MACHINE)
    draft.take({field.question.key: field.shown_value for field in draft.fields()})
    assert not draft.begun
    draft.take({"proxy.http": "http://me:secret@192.0.2.3:3128"})
    shown = {field.question.key: field.shown_value for field in draft.fields()}
    assert shown["proxy.http"] == "http://me:********@192.0.2.3:3128"
    draft.take(shown)
    values = {field.question.key: field.value for field in draft.fields()}
    assert values["proxy.http"] == "http://me:secret@192.0.2.3:3128"


@pytest.mark.parametrize("default", ["", "192.0.2.7"])
def test_an_answer_is_taken_back(default: str) -> None:
    draft = Draft(MACHINE)
    draft.take({"network.address": "192.0.2.9"})
    assert draft.begun
    draft.take({"network.address": default})
    assert not draft.begun and draft.problems() == {}
