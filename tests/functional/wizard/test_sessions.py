"""People at a terminal, scripted: the wizard before a change of small tasks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sunbeam.core.manifest.effective import effective
from tests.functional.wizard.terminal import COLOURS, CTRL_B, CTRL_C, CTRL_U, DOWN, ENTER, Terminal

PROGRAM = "tests.functional.wizard.small_cloud"
NAME, ADDRESS, REACHED = "What is the cloud called?", "At which address", "From where are VMs reached?"
REVIEW = "type a word"


def tree(root: Path) -> dict[str, bytes]:
    return {str(each): each.read_bytes() if each.is_file() else b"" for each in sorted(root.rglob("*"))}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root/etc").mkdir(parents=True)
    (tmp_path / "root/etc/hosts").write_text("127.0.0.1 localhost\n")
    return tmp_path / "root"


@pytest.fixture
def terminal(root: Path) -> Iterator[Terminal]:
    yield Terminal([PROGRAM], root)


def to_review(terminal: Terminal) -> str:
    shown = terminal.see(NAME)
    terminal.type(ENTER)
    shown += terminal.see(ADDRESS)
    terminal.type(ENTER)
    shown += terminal.see(REACHED)
    terminal.type(ENTER)
    return shown + terminal.see(REVIEW)


def test_defaults_are_three_times_enter_and_one_word(terminal: Terminal, root: Path) -> None:
    shown = to_review(terminal)
    assert "eno1: 1 Gbit/s, 192.0.2.7/24, default route" in shown
    assert "/dev/sda: 1024 GiB, ST1000NM, empty" in shown
    assert "1 step" in shown and "Write the cloud's name" in shown
    assert "192.0.2.7" in shown and "detected" in shown
    terminal.type("go", ENTER)
    code, words = terminal.end()
    assert (code, "made rack7" in words) == (0, True)
    assert (root / "etc/sunbeam/name").read_text() == "rack7"


def test_nothing_is_begun_by_one_enter_too_many(terminal: Terminal, root: Path) -> None:
    to_review(terminal)
    before = tree(root)
    terminal.type(ENTER)
    terminal.redraw("type one of: go")
    terminal.type("quit", ENTER)
    code, words = terminal.end()
    assert (code, "nothing was changed" in words) == (130, True)
    assert tree(root) == before


def test_a_sign_that_is_no_number_is_a_wrong_answer(terminal: Terminal) -> None:
    terminal.see(NAME)
    terminal.type(ENTER)
    terminal.see(ADDRESS)
    terminal.type("²", ENTER)
    terminal.redraw("must be an IPv4 address such as 192.0.2.1, not '²'")
    terminal.type(CTRL_U, ENTER)
    terminal.see(REACHED)
    terminal.type(ENTER)
    terminal.see(REVIEW)
    terminal.type("²", ENTER)
    terminal.redraw("type one of: go")
    terminal.type(CTRL_C)
    assert terminal.end()[0] == 130


def test_lines_that_are_pasted_are_one_answer(terminal: Terminal) -> None:
    terminal.see(NAME)
    terminal.type(CTRL_U, "\x1b[200~North\rSouth\x1b[201~")
    terminal.redraw("North South")
    terminal.type(ENTER)
    terminal.see(ADDRESS)
    terminal.type(CTRL_C)
    assert terminal.end()[0] == 130


@pytest.mark.parametrize("where", ["first question", "review"])
def test_control_c_changes_nothing_and_says_so(terminal: Terminal, root: Path, where: str) -> None:
    before = tree(root)
    if where == "review":
        to_review(terminal)
    else:
        terminal.see(NAME)
    terminal.type(CTRL_C)
    code, words = terminal.end()
    assert (code, "nothing was changed" in words) == (130, True)
    assert tree(root) == before


def test_a_wrong_answer_is_told_while_it_is_typed(terminal: Terminal) -> None:
    terminal.see(NAME)
    terminal.type(ENTER)
    terminal.see(ADDRESS)
    terminal.type("192.0.2.")
    terminal.redraw("must be an IPv4 address such as 192.0.2.1, not '192.0.2.'")
    terminal.type(ENTER)
    terminal.redraw(ADDRESS)
    terminal.type(CTRL_U, "10.20.30.9")
    terminal.redraw("10.20.30.9 is inside the range of pods")
    terminal.type(CTRL_U, "198.51.100.7")
    assert "must" not in terminal.redraw("198.51.100.7")
    terminal.type(ENTER)
    assert "198.51.100.7" in terminal.see(REACHED)


@pytest.mark.parametrize("back", [CTRL_B, "\x1b[Z", "back" + ENTER])
def test_back_opens_the_question_before_with_its_answer(terminal: Terminal, back: str) -> None:
    terminal.see(NAME)
    terminal.type("-two", ENTER)
    terminal.see(ADDRESS)
    terminal.type(back)
    assert "rack7-two" in terminal.see(NAME)
    terminal.type(CTRL_B)
    terminal.redraw("rack7-two")
    terminal.type(ENTER)
    terminal.see(ADDRESS)


def test_the_review_leads_back_to_a_question_of_its_number(terminal: Terminal, root: Path) -> None:
    to_review(terminal)
    terminal.type(CTRL_B)
    terminal.see(REACHED)
    terminal.type(ENTER)
    terminal.see(REVIEW)
    terminal.type("1", ENTER)
    terminal.see(NAME)
    terminal.type(CTRL_B)
    terminal.see(REVIEW)
    terminal.type("1", ENTER)
    terminal.see(NAME)
    terminal.type(CTRL_U, "edge", ENTER)
    shown = terminal.see(REVIEW)
    assert "edge" in shown and "answer" in shown
    terminal.type("go", ENTER)
    assert terminal.end()[0] == 0
    assert (root / "etc/sunbeam/name").read_text() == "edge"


def test_an_interface_of_its_own_asks_for_its_network_and_is_saved(
    terminal: Terminal, tmp_path: Path
) -> None:
    terminal.see(NAME)
    terminal.type(ENTER)
    terminal.see(ADDRESS)
    terminal.type(ENTER)
    shown = terminal.see(REACHED)
    assert "! carries the default route: this machine would be cut off" in shown
    terminal.type(DOWN, ENTER)
    terminal.see("Which IPv4 range does the external network have?")
    terminal.type(ENTER)
    terminal.redraw("an answer is needed")
    terminal.type("192.0.2.0/24")
    terminal.redraw("192.0.2.0/24 is in use: 192.0.2.0/24 on eno1")
    terminal.type(CTRL_U, "203.0.113.0/24", ENTER)
    terminal.see("first address")
    terminal.type("203.0.113.100", ENTER)
    terminal.see("last address")
    terminal.type("203.0.113.90")
    terminal.redraw("the last address 203.0.113.90 is before the first one")
    terminal.type(CTRL_U, "203.0.113.199", ENTER)
    terminal.see("router")
    terminal.type("203.0.113.254", ENTER)
    terminal.see(REVIEW)
    file = tmp_path / "mine.yaml"
    terminal.type("save", ENTER)
    terminal.see("To which file?")
    terminal.type(CTRL_U, str(file), ENTER)
    terminal.see("sunbeam cluster bootstrap -m")
    terminal.type("quit", ENTER)
    assert terminal.end()[0] == 130
    external = effective([file]).manifest.network.external
    assert external.interface == "eno2"
    assert (str(external.range), str(external.gateway)) == ("203.0.113.0/24", "203.0.113.254")
    assert (str(external.first), str(external.last)) == ("203.0.113.100", "203.0.113.199")


def test_an_interface_with_addresses_has_to_be_given_up(terminal: Terminal) -> None:
    terminal.see(NAME)
    terminal.type(ENTER)
    terminal.see(ADDRESS)
    terminal.type(ENTER)
    terminal.see(REACHED)
    terminal.type("eno3", ENTER)
    terminal.see("May that interface lose its addresses?")
    terminal.type(ENTER)
    terminal.redraw("eno3 has 198.51.100.7/24: say true, or choose another interface")
    terminal.type("2", ENTER)
    terminal.see("Which IPv4 range does the external network have?")


def test_advanced_asks_about_every_key(root: Path) -> None:
    terminal = Terminal([PROGRAM, "advanced"], root)
    shown, number = terminal.see(NAME), 1
    assert "1 of 22 · The cloud" in shown
    while number < 22:
        number += 1
        terminal.type(ENTER)
        shown += terminal.see(f"{number} of 22")
    terminal.type(ENTER)
    review = terminal.see(REVIEW)
    assert "How much memory may they have, in MiB?" in shown
    assert "demo.quota.ram" in review and "65536" in review
    terminal.type("quit", ENTER)
    assert terminal.end()[0] == 130


def test_a_proxy_is_asked_for_where_one_is_detected(root: Path) -> None:
    terminal = Terminal([PROGRAM, "proxy"], root)
    assert "1 of 5" in terminal.see(NAME)
    terminal.type(ENTER)
    terminal.see(ADDRESS)
    terminal.type(ENTER)
    terminal.see(REACHED)
    terminal.type(ENTER)
    assert "http://proxy.example.org:3128" in terminal.see("Which proxy leads to HTTP servers?")
    terminal.type(CTRL_U, "proxy:3128")
    terminal.redraw("this is no URL of a proxy")
    terminal.type(CTRL_C)
    assert terminal.end()[0] == 130


def test_problems_of_the_machine_are_solved_beside_the_wizard(root: Path) -> None:
    terminal = Terminal([PROGRAM, "forbidden"], root)
    shown = to_review(terminal)
    assert "this is not allowed (here)" in shown and "next: touch allowed" in shown
    terminal.type("go", ENTER)
    terminal.redraw("type one of: again")
    (root / "allowed").touch()
    terminal.type(CTRL_U, "again", ENTER)
    assert "2 steps" in terminal.see(REVIEW)
    terminal.type("go", ENTER)
    assert terminal.end()[0] == 0


@pytest.mark.parametrize("rows, columns", [(20, 60), (12, 34)])
def test_a_resize_draws_the_question_for_the_new_width(terminal: Terminal, rows: int, columns: int) -> None:
    terminal.see(NAME)
    terminal.type(ENTER)
    terminal.see(ADDRESS)
    terminal.resize(rows, columns)
    shown = terminal.redraw("192.0.2.7, on eno1")
    assert max(len(line) for line in shown.splitlines()) <= columns
    terminal.type(ENTER)
    terminal.see("From where are VMs")


def test_no_colour_is_written_where_none_is_wanted(root: Path) -> None:
    coloured, plain = Terminal([PROGRAM], root), Terminal([PROGRAM], root, {"NO_COLOR": "1"})
    to_review(coloured)
    to_review(plain)
    assert COLOURS.search(coloured.raw)
    assert not COLOURS.search(plain.raw)
    for terminal in (coloured, plain):
        terminal.type(CTRL_C)
        assert terminal.end()[0] == 130


def test_a_narrow_dumb_terminal_has_lines_that_fit(root: Path) -> None:
    terminal = Terminal([PROGRAM], root, {"TERM": "dumb"}, rows=20, columns=40)
    shown = terminal.see("[rack7] >")
    assert max(len(line) for line in shown.splitlines()) <= 40
    terminal.type(CTRL_C)
    assert terminal.end()[0] == 130


def test_a_dumb_terminal_is_asked_line_by_line(root: Path) -> None:
    terminal = Terminal([PROGRAM], root, {"TERM": "dumb"})
    terminal.see("[rack7] >")
    terminal.type("edge\n")
    terminal.see("[192.0.2.7] >")
    terminal.type("nowhere\n")
    terminal.see("must be an IPv4 address such as 192.0.2.1, not 'nowhere'")
    terminal.type("²\n")
    terminal.see("not '²'")
    terminal.type("back\n")
    terminal.see("[edge] >")
    terminal.type("\n")
    terminal.see("[192.0.2.7] >")
    terminal.type("2\n")
    terminal.see("[this machine only] >")
    terminal.type("\n")
    assert "198.51.100.7" in terminal.see("[type a word] >")
    terminal.type("go\n")
    code, words = terminal.end()
    assert (code, "made edge" in words) == (0, True)
    assert "\x1b" not in terminal.raw
