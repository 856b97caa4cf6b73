"""The line editor, typed to without a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.text import Text

from sunbeam.cli.wizard.line import _drawn, _Editor, ask
from sunbeam.cli.wizard.page import Page
from sunbeam.cli.wizard.review import Foreseen, Review
from sunbeam.core.foresight import Preview
from sunbeam.core.interview import Interview
from tests.functional.wizard.machines import RACK
from tests.functional.wizard.terminal import CTRL_U, ENTER

NOTHING = Preview("test", "Test", (), (), 0, ())


def right(value: str) -> str:
    return ""


def typed(page: Page, *keys: str) -> str | None:
    with create_pipe_input() as keyboard, create_app_session(input=keyboard, output=DummyOutput()):
        keyboard.send_text("".join(keys))
        return ask(page)


def page(**what: object) -> Page:
    return Page(**{"body": Text, "problem": right, **what})  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["²", "3", "0", "-1", "9" * 5000])
def test_only_the_numbers_of_choices_mean_one(text: str) -> None:
    asked = page(choices=["eno1", "eno2"])
    assert asked.meant("2") == "eno2"
    assert asked.meant(text) == text
    assert typed(asked, text, ENTER) == text


def test_only_the_numbers_of_questions_are_taken_at_the_review() -> None:
    pages: list[Page] = []
    Review(Interview(RACK), lambda made: Foreseen(NOTHING), lambda shown: None, pages.append).hold()
    assert [pages[0].problem(word) for word in ("go", "3")] == ["", ""]
    assert {pages[0].problem(word)[:12] for word in ("²", "4", "0", "9" * 5000)} == {"type one of:"}


def test_what_is_wrong_leaves_the_keys_in_sight() -> None:
    editor = _Editor(page(problem=lambda value: "choose another one", value="eno1"))
    assert "choose another" not in _drawn(editor._below()).value
    editor._tried = "eno1"
    shown = _drawn(editor._below()).value
    assert "✗ choose another one" in shown and "Ctrl-B back" in shown


def test_what_was_saved_can_be_typed(tmp_path: Path) -> None:
    words = iter(["save", str(tmp_path / "my cloud.yaml"), "quit"])
    shown: list[str] = []
    said = shown.append
    review = Review(
        Interview(RACK),
        lambda made: Foreseen(NOTHING),
        lambda each: said(str(each)),
        lambda asked: next(words),
    )
    assert review.hold() == "quit"
    assert f"✓ Saved: sunbeam cluster bootstrap -m '{tmp_path}/my cloud.yaml'\n" in shown


@pytest.mark.parametrize("part", ["problem", "body"])
def test_what_a_key_raises_ends_the_question(part: str) -> None:
    def broken(value: str) -> str:
        if value:
            raise ZeroDivisionError
        return ""

    with pytest.raises(ZeroDivisionError):
        typed(page(**{part: broken}), "x")


@pytest.mark.parametrize(
    ("pasted", "taken"),
    [
        ("North\rSouth", "North South"),
        ("North\r\nSouth\n", "North South"),
        ("\x1b[1mNo\x00rth\tEast", "[1mNorth East"),
    ],
)
def test_what_is_pasted_is_one_line(pasted: str, taken: str) -> None:
    assert typed(page(), f"\x1b[200~{pasted}\x1b[201~", ENTER) == taken
    assert typed(page(), f"\x1b[200~{pasted}\x1b[201~", CTRL_U, "back", ENTER) is None


def test_a_key_that_is_quoted_leaves_no_line_break() -> None:
    assert typed(page(), "a", "\x11", "\n", "b", ENTER) == "ab"
