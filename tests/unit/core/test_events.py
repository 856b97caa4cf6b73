from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from sunbeam.core import events
from sunbeam.core.errors import Problem
from sunbeam.core.estimate import Expected
from sunbeam.core.event_schema import event_schema
from sunbeam.core.events import KINDS, Event, parse_event
from sunbeam.core.foresight import (
    Artifact,
    AttributeChange,
    Foresight,
    PlannedTask,
    Preview,
    ResourceChange,
    Touch,
)
from tests.fakes.json_schema import mistakes

SCHEMA = event_schema()
FORESIGHT = Foresight(
    touches=(Touch("file", "write", "/etc/a"),),
    resources=(ResourceChange("juju_model.a", "update", (AttributeChange("name", "a", "b"),)),),
    artifacts=(Artifact("build", "image a"), Artifact("fetch", "b", 7)),
    risks=("all is lost",),
)
TASK = PlannedTask("a", "Do a", "Prepare", 1.5, True, FORESIGHT)
EVERY: list[Event] = [
    events.ProblemFound(0, "warning", "it is late"),
    events.ChangePreviewed(0, Preview("test", "Test", (TASK,), ("Do b",), 2.0, ("a",), "rack-7")),
    events.ChangeStarted(1, "test", "Test", (("a", "Do a"),), True, (Expected("a", 2.0, lane="x", width=2),)),
    events.TaskStarted(1, "a", "Do a"),
    events.TaskQueued(1, "a"),
    events.TaskWorking(1, "a"),
    events.TaskProgress(1, "a", "half"),
    events.Awaiting(1, "a", "the database", "nova/0", "2026-01-01T00:00:00.000Z"),
    events.UnitAwaited(1, "a", "nova/0", "waiting"),
    events.HostChanged(1, "a", "write", "/etc/a", 0.1),
    events.Heartbeat(0),
    events.ChangeStopping(1),
    events.TaskFinished(1, "a", "Do a", "done", 1.0),
    events.ChangeFinished(1, "done", 1.0),
]


def test_there_is_an_example_of_every_event() -> None:
    assert {event.type for event in EVERY} == set(KINDS)


@pytest.mark.parametrize("event", EVERY, ids=lambda event: event.type)
def test_each_event_is_as_its_schema_says_and_can_be_read_back(event: Event) -> None:
    line = json.loads(json.dumps(event.as_dict()))
    assert list(mistakes(line, SCHEMA, SCHEMA)) == []
    assert parse_event(line) == event


def test_a_reader_gets_by_with_lines_of_other_versions() -> None:
    line = EVERY[3].as_dict()
    assert parse_event({**line, "colour": "blue"}) == EVERY[3]
    assert parse_event({**line, "type": "task-forgotten"}) is None
    started = EVERY[2]
    assert isinstance(started, events.ChangeStarted)
    old = {key: value for key, value in started.as_dict().items() if key not in ("expected", "resumed")}
    assert parse_event(old) == replace(started, resumed=False, expected=())
    previewed = EVERY[1]
    assert isinstance(previewed, events.ChangePreviewed)
    older = {key: value for key, value in asdict(previewed.preview).items() if key != "node"}
    assert parse_event({**previewed.as_dict(), "preview": older}) == replace(
        previewed, preview=replace(previewed.preview, node="")
    )


def test_a_problem_is_told_whole() -> None:
    for found in (
        Problem("full", "/", "0 B", "df", "error", "disk", "seen", "tidy"),
        Problem("late", severity="warning"),
    ):
        assert events.ProblemFound(0, **asdict(found)).problem == found


def test_the_schema_finds_what_is_wrong() -> None:
    finished = next(event for event in EVERY if event.type == "task-finished")
    line = json.loads(json.dumps(finished.as_dict()))
    for wrong in ({"seconds": "1"}, {"change": True}, {"schema": 2}, {"type": "task-ended"}):
        assert list(mistakes({**line, **wrong}, SCHEMA, SCHEMA))
    del line["status"]
    assert list(mistakes(line, SCHEMA, SCHEMA))
