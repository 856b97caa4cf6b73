"""The course of the wizard, led by a person who is a function."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from sunbeam.cli.main import main
from sunbeam.cli.wizard import screens
from sunbeam.cli.wizard.page import Page
from sunbeam.cli.wizard.review import LISTED, MADE, Foreseen
from sunbeam.cli.wizard.wizard import Wizard
from sunbeam.core.detection.children import Child
from sunbeam.core.detection.detected import Detected
from sunbeam.core.foresight import Preview
from sunbeam.core.interview import Interview
from sunbeam.core.manifest.effective import Effective
from tests.functional.wizard.machines import RACK


def foreseen(made: Effective) -> Foreseen:
    return Foreseen(Preview("test", "Test", (), (), 0, ()))


def shown(detected: Detected) -> str:
    """What is told of a machine, without the spaces at the ends of lines."""
    console = Console(file=io.StringIO(), record=True, width=80)
    console.print(screens.machine(detected))
    return "".join(f"{line.strip()}\n" for line in console.export_text().splitlines())


def review(outcome: str) -> str:
    def person(page: Page) -> str:
        if page.placeholder == "type a word":
            console.print(page.body(""))
            return "go"
        return page.value

    console = Console(file=io.StringIO(), record=True, width=80)
    assert Wizard(Interview(RACK), foreseen, console, person, outcome).hold() is not None
    return console.export_text()


@pytest.mark.parametrize(
    ("resolvers", "row"),
    [
        (("192.0.2.53", "fd00::53"), "DNS      192.0.2.53, fd00::53\n"),
        (("127.0.0.1",), "DNS      127.0.0.1; VMs get another\n"),
        ((), "DNS      no resolver; VMs get another\n"),
    ],
)
def test_resolvers_are_shown(resolvers: tuple[str, ...], row: str) -> None:
    assert row in shown(replace(RACK, resolvers=resolvers))


def test_the_child_that_has_the_default_route_is_shown() -> None:
    eno2 = replace(RACK.interfaces[1], children=(Child("m0", "macvlan", default_route=True),))
    assert "eno2: 10 Gbit/s, default route by m0\n" in shown(replace(RACK, interfaces=(eno2,)))


def test_the_review_tells_what_comes_of_it() -> None:
    assert f"go        {MADE}" in review(MADE)
    assert f"go        {LISTED}" in review(LISTED) and MADE not in review(LISTED)


@pytest.mark.parametrize(
    ("words", "silent"), [(["-a"], "--accept-defaults"), (["--output", "json"], "--output json")]
)
def test_nothing_is_asked_and_everything_exclude_each_other(
    words: list[str], silent: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["cluster", "bootstrap", "--advanced", *words])
    assert ended.value.code == 2
    assert f"--advanced and {silent} exclude each other" in capsys.readouterr().err


def test_every_question_without_a_terminal_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["cluster", "bootstrap", "--advanced"])
    assert ended.value.code == 2
    assert "--advanced asks questions, and nobody can be asked" in capsys.readouterr().err


def test_clearing_a_line_tells_what_is_used_then() -> None:
    def person(page: Page) -> str:
        if page.placeholder == "type a word":
            raise KeyboardInterrupt
        return "" if page.value == "1500" else page.value

    console = Console(file=io.StringIO(), record=True, width=80)
    with pytest.raises(KeyboardInterrupt):
        Wizard(Interview(RACK, advanced=True), foreseen, console, person).hold()
    assert "✓ How large may packets be, in bytes? 1500" in console.export_text()
