"""What a person sees of a change, on terminals of every size and off them."""

from __future__ import annotations

import sys

import pytest

from sunbeam.cli.render_frame import Frame, printed_above
from sunbeam.cli.render_live import Live
from sunbeam.cli.render_plain import Plain, Quiet
from sunbeam.core import events
from sunbeam.core.events import Event, Heartbeat
from tests.unit.cli.happening import IMAGES, at, begun, half_way, moment, over, started, unit
from tests.unit.cli.screen import Screen


def printed(told: list[Event], capsys: pytest.CaptureFixture[str], *, verbose: bool = False) -> list[str]:
    plain = Plain(verbose=verbose)
    for event in told:
        plain(event)
    return capsys.readouterr().out.splitlines()


def test_off_a_terminal_a_heartbeat_is_one_line_with_the_most_telling(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = printed([*half_way(), Heartbeat(0, time=at(40))], capsys)
    assert lines[:2] == ["[   0.0] Bootstrap the cloud", "[   0.0]   11 tasks, about 2 min"]
    assert lines[-1] == (
        "[  40.0]   still: Wait for the control plane, 30 s: "
        "keystone/0: executing: running config-changed hook (and 3 more); "
        "Build image keystone, 15 s; 1 more task; 5 of 11 tasks done, about 1 min left"
    )
    in_trouble = unit("nova/0", 'error: hook failed: "start"', 41)
    lines = printed([*half_way(), in_trouble, Heartbeat(0, time=at(55))], capsys)
    assert 'Wait for the control plane, 45 s: nova/0: error: hook failed: "start" (and 3 more)' in lines[-1]


def test_off_a_terminal_a_task_that_reports_often_is_heard_every_few_seconds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = [started(), begun("deploy", 0)]
    told += [events.TaskProgress(7, "deploy", f"create {i}", time=at(1 + i / 10)) for i in range(60)]
    assert [line[11:] for line in printed(told, capsys)[2:]] == ["create 0", "create 50"]


def test_a_warning_is_told_with_what_was_seen(capsys: pytest.CaptureFixture[str]) -> None:
    found = events.ProblemFound(0, "warning", "The clock is late", evidence="offset 3 s")
    assert printed([found], capsys) == ["[   0.0] Warning: The clock is late", "  why: offset 3 s"]


def test_verbose_tells_steps_hooks_and_changes_of_the_machine(capsys: pytest.CaptureFixture[str]) -> None:
    changed = events.HostChanged(7, "services", "write", "/etc/sunbeam/a", 0.1, time=at(41))
    lines = printed([*half_way(), changed], capsys, verbose=True)
    assert "[  30.0]   keystone/0: executing: running config-changed hook" in lines
    assert lines[-1] == "[  41.0]   write: /etc/sunbeam/a"


def test_who_stops_a_change_sees_that_it_ends(capsys: pytest.CaptureFixture[str]) -> None:
    told = [*half_way(), events.ChangeStopping(7, time=at(41))]
    assert printed(told, capsys)[-1].startswith("[  41.0] Stopping: ")
    screen = Screen(80, 24)
    live_on(screen, told, 41)
    assert "5 of 11 tasks, 41 s, stopping" in screen.lines


def test_quiet_is_the_last_line_only(capsys: pytest.CaptureFixture[str]) -> None:
    quiet = Quiet()
    for event in [*half_way(), events.ChangeFinished(7, "failed", 61.04, "no", time=at(61))]:
        quiet(event)
    assert capsys.readouterr().out == "Failed after 61.0 s\n"


def live_on(screen: Screen, told: list[Event], now: float) -> Live:
    live = Live(screen, now=lambda: moment(now), size=lambda: screen.size)
    for event in told:
        live(event)
    live.tick()
    return live


def test_on_a_terminal_phases_tasks_and_units_are_shown() -> None:
    screen = Screen(80, 24)
    live_on(screen, half_way(), 40)
    assert screen.lines == [
        "Bootstrap the cloud",
        "✓ Prepare  2 tasks, 8 s",
        "✓ Deploy the control plane  2 s",
        "● Build images  2 of 6, 2 queued",
        "  ● Build image keystone                                     15 s of about 30 s",
        "  ● Build image mariadb                                      15 s of about 30 s",
        "● Wait for the control plane                                               30 s",
        "    keystone/0  executing: running config-changed hook",
        "    mariadb/0  mariadb: image localhost/sunbeam/mariadb:latest is being built",
        "    glance/0  waiting: Waiting for Pebble in the container glance-api.",
        "    and 1 more unit",
        "· Check that every API answers",
        "5 of 11 tasks, 40 s, about 1 min left",
        "",
    ]


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (40, 12), (24, 6), (20, 3)])
def test_it_fits_every_window(size: tuple[int, int]) -> None:
    screen = Screen(*size)
    live = Live(screen, now=lambda: moment(40), size=lambda: screen.size)
    for event in half_way():
        live(event)
        live.tick()
    assert len(screen.visible) <= size[1] and all(len(line) <= size[0] for line in screen.lines)
    assert sum("tasks, 40 s" in line for line in screen.lines) == 1
    assert screen.lines.count("Bootstrap the cloud") == 1


def test_replayed_it_gives_the_same_picture() -> None:
    live, replayed = Screen(80, 24), Screen(80, 24)
    seen = Live(live, now=lambda: moment(40), size=lambda: live.size)
    for event in half_way():
        seen(event)
        seen.tick()
    again = [events.parse_event(event.as_dict()) for event in half_way()]
    live_on(replayed, [event for event in again if event is not None], 40)
    assert live.visible[-11:] == replayed.visible[-11:]


def test_a_window_that_is_narrowed_keeps_no_debris() -> None:
    screen = Screen(80, 24)
    live = live_on(screen, half_way(), 40)
    screen.narrow(50)
    live.tick()
    live.tick()
    assert sum("tasks, 40 s" in line for line in screen.lines) == 1
    assert sum(line.startswith("· Check") for line in screen.lines) == 1
    screen.columns = 100
    live.tick()
    assert sum("tasks, 40 s" in line for line in screen.lines) == 1


def test_what_others_print_goes_above_the_picture() -> None:
    screen = Screen(80, 24)
    live = live_on(screen, half_way(), 40)
    with printed_above(live.say):
        print("a library warns")
        sys.stderr.write("and another")
        print(" says more")
    live.close()
    assert screen.lines == [
        "Bootstrap the cloud",
        "✓ Prepare  2 tasks, 8 s",
        "✓ Deploy the control plane  2 s",
        "a library warns",
        "and another says more",
        "",
    ]


def test_at_the_end_it_is_told_what_failed_and_what_was_cut_off() -> None:
    screen = Screen(80, 24)
    told = [
        *half_way(),
        over(IMAGES[2], 41, 16, "failed", "Error: no space"),
        over(IMAGES[3], 42, 17, "failed", "interrupted"),
        events.ChangeFinished(7, "failed", 42.0, "Error: no space", time=at(42)),
    ]
    live_on(screen, told, 42)
    assert screen.lines[3:] == [
        "✗ Build image keystone (16.0 s)",
        "✗ Build image mariadb (17.0 s)",
        "· Build images  4 of 6",
        "· Wait for the control plane  0 of 1",
        "Failed after 42.0 s",
        "",
    ]


def test_a_frame_counts_wide_characters() -> None:
    screen = Screen(20, 5)
    from rich.text import Text

    Frame(screen, lambda: screen.size).draw([Text("雲" * 30)])
    assert len(screen.lines[0]) <= 10 and screen.lines[0].endswith("…")
