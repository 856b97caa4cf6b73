"""A change as a page: its bars, what decided, what failed; well-formed and self-contained."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sunbeam.cli.main import app, main
from sunbeam.core import events
from sunbeam.core.events import Event
from sunbeam.core.journal import Journal, TaskRecord
from sunbeam.core.lock import change_lock
from sunbeam.core.paths import Paths
from sunbeam.core.status import ChangeStatus, TaskStatus
from sunbeam.report.timeline import from_events, from_journal
from tests.unit.cli.happening import (
    BEGIN,
    EXPECTED,
    IMAGES,
    at,
    begun,
    half_way,
    moment,
    over,
    started,
    title,
)

FAILURE = "It does not work <b>at all</b>\n  where: nova/0\n  next: sunbeam debug log"


def ended() -> list[Event]:
    """The rest of a bootstrap: the last images end at 85 s and 90 s, the wait at 110 s."""
    told = half_way()
    told += [over(task, 55, 30) for task in IMAGES[2:4]]
    told += [events.TaskWorking(7, task, time=at(55)) for task in IMAGES[4:]]
    told += [over(IMAGES[4], 85, 30), over(IMAGES[5], 90, 35), over("active", 110, 100)]
    told += [begun("verify", 110), over("verify", 112, 2, "failed", FAILURE)]
    return [*told, events.ChangeFinished(7, "failed", 112.0, FAILURE, time=at(112))]


class Tags(HTMLParser):
    """Checks that every element is closed; collects what a page would fetch or run."""

    VOID = {"meta", "br"}

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        assert not {"src", "href", "onclick"} & {name for name, _ in attrs}
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """With change 1 in journal and log."""
    monkeypatch.setenv("SUNBEAM_ROOT", str(tmp_path))
    paths = Paths(tmp_path)
    journal = Journal(paths.journal)
    tasks = [TaskRecord(each.task, title(each.task), each.needs, TaskStatus.PENDING) for each in EXPECTED]
    journal.begin("bootstrap", "Bootstrap the cloud", {}, tasks, at(0))
    journal.task_started(1, "packages", TaskStatus.DOING, at(0))
    journal.task_finished(1, "packages", TaskStatus.DONE, at(5), 5.0)
    journal.task_started(1, "services", TaskStatus.DOING, at(5))
    journal.task_finished(1, "services", TaskStatus.FAILED, at(9), 3.0, FAILURE)
    journal.finish(1, ChangeStatus.FAILED, at(112), FAILURE)
    journal.close()
    paths.change_logs.mkdir(parents=True)
    lines = "".join(json.dumps(event.as_dict()) + "\n" for event in ended())
    (paths.change_logs / "1.ndjson").write_text(lines)
    return paths


def report(file: Path, change: str = "1") -> str:
    shown = CliRunner().invoke(app, ["report", change, str(file)])
    assert shown.exit_code == 0 and shown.stdout.strip() == str(file)
    page = file.read_text()
    tags = Tags()
    tags.feed(page)
    assert tags.open == [] and "script" not in tags.seen and "url(" not in page
    return page


def test_the_page_tells_times_decisions_and_errors(node: Paths, tmp_path: Path) -> None:
    page = report(tmp_path / "page.html")
    assert '<strong class="failed">failed</strong>, 1:52, change 1 (bootstrap)' in page
    assert "It does not work &lt;b&gt;at all&lt;/b&gt;\n  where: nova/0" in page
    rows = re.findall(
        r'<tr><th scope="row">([^<]+)</th><td class="number">([^<]*)</td><td class="number">', page
    )
    assert rows[0] == ("Install container tools", "0.0 s")
    slowest = page[page.index('id="slowest"') :]
    assert re.search(
        r"Wait for the control plane.*?1:40.*?Build image nova.*?50 s.*?35 s", slowest, re.DOTALL
    )


@pytest.mark.parametrize(
    ("name", "what", "id"),
    [
        ("no/page.html", "The file cannot be written", "file-not-written"),
        ("", "The file cannot be written", "file-not-written"),
        ("mine.html", "The file exists", "file-exists"),
    ],
)
def test_where_no_page_can_be_is_told(
    node: Paths, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, what: str, id: str
) -> None:
    (tmp_path / "mine.html").touch()
    with pytest.raises(SystemExit) as ended:
        main(["report", "1", str(tmp_path / name)])
    told = capsys.readouterr().err
    assert ended.value.code == 2 and what in told
    assert f"explain {id}" in told and "Traceback" not in told


def test_its_own_page_is_replaced(node: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert report(Path("change-1.html")) == report(Path("change-1.html"))


def test_only_its_own_process_keeps_a_change_going(node: Paths, tmp_path: Path) -> None:
    journal = Journal(node.journal)
    journal.undo(1)
    journal.close()
    with change_lock(node.change_lock) as held:
        for maker, status in ((2, "interrupted"), (1, "doing")):
            held.tell(maker)
            assert f">{status}</strong>" in report(tmp_path / f"{status}.html")


def test_without_a_log_the_journal_is_enough(node: Paths, tmp_path: Path) -> None:
    (node.change_logs / "1.ndjson").unlink()
    page = report(tmp_path / "page.html")
    assert "Start etcd and sunbeamd" in page and "4.0 s" not in page and "3.0 s" in page


def test_what_decided_is_followed_back_through_needs_waits_and_lanes() -> None:
    path = [span.task for span in from_events(ended()).critical()]
    assert path[0] == "packages" and path[-3:] == ["image-nova", "active", "verify"]
    assert set(path[1:-3]) <= set(IMAGES) and len(path) >= 5


def test_what_was_cut_off_ends_with_its_run_and_is_tried_again() -> None:
    line = from_events([*half_way(), started(resumed=True)])
    assert len(line.runs) == 2
    cut = [span for span in line.spans if span.status == "cut off"]
    assert {span.task for span in cut} == {"active", *IMAGES[2:]}
    assert all(span.ended <= moment(35) for span in cut) and line.began == BEGIN.timestamp()


def test_a_change_that_is_not_there_is_told(node: Paths) -> None:
    shown = CliRunner().invoke(app, ["report", "9"])
    assert shown.exit_code != 0 and "There is no change 9" in str(shown.exception)


def test_the_journal_s_times_are_those_of_own_work(node: Paths) -> None:
    with Journal.reading(node.journal) as journal:
        assert journal is not None
        spans = from_journal(journal.change(1)).spans
    assert [(span.task, span.waited, span.worked) for span in spans] == [
        ("packages", 0.0, 5.0),
        ("services", 1.0, 3.0),
    ]
