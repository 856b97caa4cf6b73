"""Stands in for the command ``sunbeam``: replays a recorded bootstrap, as fast as it is told.

``python -m tests.functional.web.command SPEED cluster bootstrap ...``; nothing but SUNBEAM_ROOT is touched.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.journal import Journal, TaskRecord
from sunbeam.core.lock import Held, change_lock
from sunbeam.core.paths import Paths
from sunbeam.core.status import ChangeStatus, TaskStatus

RECORDED = Path(__file__).parents[2] / "fakes" / "bootstrap.ndjson"
FAILING = "image-nova"
ERROR = "nova was not built\n  why: E: Unable to locate package nova-api"
TAKEN = {
    "severity": "error",
    "what": "Port 443 is taken",
    "why": "nginx (process 812) listens on it",
    "next_command": "systemctl stop nginx",
}


def events() -> Iterator[dict[str, Any]]:
    for line in RECORDED.read_text().splitlines():
        yield json.loads(line)


def main(speed: float, words: list[str]) -> None:
    paths = Paths(Path(os.environ["SUNBEAM_ROOT"]))
    if "--dry-run" in words:
        preview()
    elif "refuse" in os.environ.get("SCENE", ""):
        say(
            {
                "type": "problem-found",
                "change": 0,
                "time": now(),
                "severity": "error",
                "what": "Port 443 is taken",
                "why": "nginx (process 812) listens on it",
                "next_command": "systemctl stop nginx",
            }
        )
        sys.exit("Error: 1 problem found; nothing was changed")
    else:
        paths.run.mkdir(parents=True, exist_ok=True)
        with change_lock(paths.change_lock) as held:
            replay(paths, held, speed, fails=words[0] != "resume" and "fail" in os.environ.get("SCENE", ""))


def preview() -> None:
    began = next(events())
    tasks = [
        {
            "task": each["task"],
            "title": title,
            "phase": each["phase"],
            "seconds": each["seconds"],
            "measured": False,
            "foresight": {"changes": True},
        }
        for (_, title), each in zip(began["tasks"], began["expected"], strict=True)
    ]
    say(
        {
            "type": "change-previewed",
            "change": 0,
            "time": now(),
            "preview": {
                "kind": began["kind"],
                "title": began["title"],
                "tasks": tasks,
                "unchanged": [],
                "seconds": 214.0,
                "critical": [],
                "node": "edge-7",
            },
        }
    )


def replay(paths: Paths, held: Held, speed: float, *, fails: bool) -> None:
    """Write the log and the journal as the engine does; with ``fails`` an image cannot be built."""
    recorded = list(events())
    number = begin(paths, recorded[0])
    held.tell(number)
    before = datetime.fromisoformat(recorded[0]["time"])
    with (paths.change_logs / f"{number}.ndjson").open("a", buffering=1) as log:
        for event in recorded:
            moment = datetime.fromisoformat(event["time"])
            time.sleep(max(0.0, (moment - before).total_seconds() / speed))
            before = moment
            event |= {"change": number, "time": now()}
            stops = fails and event["type"] == "task-finished" and event["task"] == FAILING
            if stops:
                event |= {"status": "failed", "error": ERROR}
            log.write(json.dumps(event) + "\n")
            say(event)
            if stops:
                end = {"schema": 1, "type": "change-finished", "change": number, "time": now()}
                log.write(json.dumps({**end, "status": "failed", "seconds": 42.0, "error": ERROR}) + "\n")
                break
    status = ChangeStatus.FAILED if stops else ChangeStatus.DONE
    Journal(paths.journal).finish(number, status, now(), ERROR if stops else "")
    if not stops:
        NodeSettings.file(paths).write_text(NodeSettings("edge-7", "192.0.2.7").dump())


def begin(paths: Paths, started: dict[str, Any]) -> int:
    """The number of the unfinished change, or of a new one."""
    paths.change_logs.mkdir(parents=True, exist_ok=True)
    journal = Journal(paths.journal)
    if known := journal.unfinished(started["kind"], {}):
        return known.id
    tasks = [TaskRecord(task, title, (), TaskStatus.PENDING) for task, title in started["tasks"]]
    return journal.begin(started["kind"], started["title"], {}, tasks, now())


def say(event: dict[str, Any]) -> None:
    print(json.dumps({"schema": 1, **event}), flush=True)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2:])
