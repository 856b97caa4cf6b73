"""The course of the wizard: question after question, back and forth, to the review and its way out."""

from __future__ import annotations

from functools import partial

from rich.console import Console, Group, RenderableType
from rich.text import Text

from sunbeam.cli.wizard import screens
from sunbeam.cli.wizard.page import Ask, Page, columns
from sunbeam.cli.wizard.review import GO, MADE, QUIT, Foresee, Review
from sunbeam.core.interview import Interview
from sunbeam.core.manifest.effective import Effective
from sunbeam.core.question import Question

HELP = "What is found is proposed. Nothing is changed before you say so."


class Wizard:
    """Shows itself on ``console`` and reads with ``ask``; ``_passed`` are the keys that were asked."""

    def __init__(
        self, interview: Interview, foresee: Foresee, console: Console, ask: Ask, outcome: str = MADE
    ) -> None:
        self._interview = interview
        self._foresee = foresee
        self._console = console
        self._ask = ask
        self._outcome = outcome
        self._passed: list[str] = []

    def hold(self) -> Effective | None:
        """The manifest to go on with, or None if the person quits.  Raises KeyboardInterrupt."""
        self._print(screens.heading("A cloud on this machine"))
        self._print(screens.machine(self._interview.detected))
        self._print(Text(f"{HELP}\n", "dim"))
        while True:
            while (question := self._next()) is not None:
                self._put(question)
            review = Review(self._interview, self._foresee, self._print, self._ask, self._outcome)
            word = review.hold()
            if word == GO:
                return review.effective
            if word == QUIT:
                return None
            self._follow(word)

    def _next(self) -> Question | None:
        return next((each for each in self._interview.questions() if each.key not in self._passed), None)

    def _put(self, question: Question) -> bool:
        """Ask it; False: the person went back, to the question before it."""
        said = self._ask(self._page(question))
        if said is None:
            self._step_back()
            return False
        self._interview.answer(question, said)
        self._passed.append(question.key)
        self._print(screens.answered(question, said or self._interview.empty(question)))
        return True

    def _step_back(self) -> None:
        """To the question that was passed last, if it is one still."""
        asked = {question.key for question in self._interview.questions()}
        while self._passed and self._passed.pop() not in asked:
            continue

    def _follow(self, word: str | None) -> None:
        """Do what the review was left for: one step back, all questions, or the one of a number."""
        if word is None:
            self._step_back()
        elif word.isdecimal():
            question = self._interview.questions()[int(word) - 1]
            passed = list(self._passed)
            self._passed.remove(question.key)
            if not self._put(question):
                self._passed = passed
        else:
            self._interview.advanced = True
            self._print("")

    def _page(self, question: Question) -> Page:
        detected = self._interview.detected
        choices = question.choices(detected)
        value = self._interview.value(question)
        asked = self._interview.questions()
        above = [""] if self._passed else []
        place = f"{asked.index(question) + 1} of {len(asked)} · {question.group}"
        return Page(
            body=lambda typed: Group(*above, screens.question(question, place, choices, typed)),
            problem=partial(self._interview.problem, question),
            value=value,
            placeholder=(value if choices else "") or self._interview.empty(question),
            choices=[choice.value for choice in choices],
        )

    def _print(self, content: RenderableType) -> None:
        self._console.print(content, width=columns(self._console.width), highlight=False)
