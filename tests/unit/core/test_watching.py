"""What a watcher reads and when it says that it lives."""

from __future__ import annotations

import json
import os
from pathlib import Path

from sunbeam.core.events import ChangeStarted, Event, Heartbeat, TaskProgress
from sunbeam.core.watching import LOOK_SECONDS, Pulse, Tail


class Shown:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self.ticks = 0

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def tick(self) -> None:
        self.ticks += 1


def test_a_heartbeat_comes_every_fifteen_seconds_and_two_ticks_a_second() -> None:
    seconds = [0.0]
    show = Shown()
    pulse = Pulse(show, lambda: seconds[0])
    told_at = []
    while seconds[0] < 50:
        before = len(show.events)
        seconds[0] += LOOK_SECONDS
        pulse.beat()
        told_at += [round(seconds[0])] if len(show.events) > before else []
    assert told_at == [15, 30, 45] and all(isinstance(event, Heartbeat) for event in show.events)
    assert 80 <= show.ticks <= 100


def test_a_line_is_read_when_it_is_whole(tmp_path: Path) -> None:
    log = tmp_path / "1.ndjson"
    line = json.dumps(TaskProgress(1, "t", "building").as_dict()).encode() + b"\n"
    log.write_bytes(line + b"no event\n" + line[:20])
    tail = Tail(os.open(log, os.O_RDONLY), 0)
    assert [getattr(event, "text", "") for event in tail.new()] == ["building"]
    assert list(tail.new()) == []
    with log.open("ab") as more:
        more.write(line[20:] + json.dumps(ChangeStarted(1, "k", "T", ()).as_dict()).encode() + b"\n")
    first, second = tail.new()
    assert isinstance(first, TaskProgress) and isinstance(second, ChangeStarted)
    log.unlink()
    assert list(tail.new()) == []
    tail.close()
