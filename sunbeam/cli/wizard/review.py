"""The last page before anything changes: the answers with where they are from, the plan, and what to do."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import RenderableType
from rich.text import Text

from sunbeam.cli.wizard import screens
from sunbeam.cli.wizard.page import Ask, Page
from sunbeam.core.errors import PreflightFailed, Problem
from sunbeam.core.foresight import Preview
from sunbeam.core.interview import Interview
from sunbeam.core.manifest.answer_file import cannot_save, save
from sunbeam.core.manifest.effective import Effective

GO, AGAIN, SAVE, ALL, ADVANCED, QUIT = "go", "again", "save", "all", "advanced", "quit"
PLAN = "plan"
MADE, LISTED = "make the cloud", "list what would be done; nothing is changed"
"""What comes of ``go``."""
ANSWER_FILE = "cloud.yaml"
AGAIN_WITH = ("sunbeam", "cluster", "bootstrap", "-m")


@dataclass(frozen=True)
class Foreseen:
    """What a change would do, and what to know before."""

    preview: Preview
    warnings: Sequence[Problem] = ()


Foresee = Callable[[Effective], Foreseen]
"""What would be done with a manifest; reads only.  Raises PreflightFailed."""


class Review:
    """``effective`` is what was reviewed, ``outcome`` what comes of agreeing to it."""

    def __init__(
        self,
        interview: Interview,
        foresee: Foresee,
        show: Callable[[RenderableType], None],
        ask: Ask,
        outcome: str = MADE,
    ) -> None:
        self._interview = interview
        self._foresee = foresee
        self._preview: Preview | None = None
        self._show = show
        self._ask = ask
        self._outcome = outcome
        self.effective: Effective | None = None
        self._all = False

    def hold(self) -> str | None:
        """What the person chose: go, quit, advanced, or the number of a question; None to go back."""
        self._show("")
        self._show(screens.heading("Review"))
        ready = self._look()
        self._show_answers()
        while True:
            word = self._ask(self._page(ready=ready))
            if word == SAVE:
                self._save()
            elif word == ALL:
                self._all = True
                self._show_answers()
            elif word == PLAN and self._preview is not None:
                self._show_steps(self._preview)
            elif word == AGAIN:
                ready = self._look()
                self._show_answers()
            else:
                return word

    def _show_steps(self, preview: Preview) -> None:
        from sunbeam.cli.preview_text import show_preview

        show_preview(preview)
        self._show("")

    def _show_answers(self) -> None:
        self._show(screens.answers(self._interview.rows(self.effective, everything=self._all)))

    def _look(self) -> bool:
        """Show the plan, or what stands in its way; whether there is nothing in its way."""
        found = self._interview.problems()
        try:
            self.effective = self._interview.effective()
            if not found:
                self._show(Text("Looking at what has to be done …", "dim"))
                foreseen = self._foresee(self.effective)
                self._preview = foreseen.preview
                self._show(screens.plan(foreseen.preview))
                found += foreseen.warnings
        except PreflightFailed as failure:
            found += failure.problems
        if found:
            self._show(screens.problems(found))
        return all(problem.severity == "warning" for problem in found)

    def _page(self, *, ready: bool) -> Page:
        commands = [
            (GO, self._outcome) if ready else (AGAIN, "look again, when this is solved"),
            *self._numbers(),
            *([] if self._interview.advanced else [(ADVANCED, "ask everything")]),
            *([(SAVE, "write the answers to a file")] if self.effective else []),
            *([(ALL, "show every key")] if self.effective and not self._all else []),
            *([(PLAN, "show every step")] if ready else []),
            (QUIT, "leave; nothing is changed"),
        ]
        numbers = [str(number + 1) for number in range(len(self._interview.questions()))]
        words = {*(word for word, _ in commands if "-" not in word), *numbers}

        def problem(text: str) -> str:
            return "" if text in words else f"type one of: {', '.join(word for word, _ in commands)}"

        return Page(lambda typed: screens.menu(commands), problem, placeholder="type a word")

    def _numbers(self) -> list[tuple[str, str]]:
        count = len(self._interview.questions())
        return [(f"1-{count}" if count > 1 else "1", "change an answer")] if count else []

    def _save(self) -> None:
        assert self.effective is not None
        title = Text("To which file?", "bold")
        page = Page(body=lambda typed: title, problem=cannot_save, value=ANSWER_FILE)
        name = self._ask(page)
        if name is None:
            return
        file = Path(name).expanduser()
        try:
            save(self.effective, file)
        except OSError as error:
            self._show(Text.assemble(("✗ ", "red"), f"{name} cannot be written: {error.strerror}\n"))
        else:
            self._show(Text.assemble(("✓ ", "green"), f"Saved: {shlex.join([*AGAIN_WITH, str(file)])}\n"))
