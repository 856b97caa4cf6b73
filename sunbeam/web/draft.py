"""The answers of a person who sets this machine up: the terminal's interview, with all questions at once.

It also keeps wrong answers, to show them with what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sunbeam.core.detection.detected import Detected
from sunbeam.core.interview import Interview
from sunbeam.core.manifest.effective import Effective
from sunbeam.core.proxy import without_passwords
from sunbeam.core.question import Choice, Question
from sunbeam.core.questions import QUESTIONS

LONGEST_ANSWER = 1000


@dataclass(frozen=True)
class Field:
    """A question as the form shows it now; ``value`` is the answer or else the default.

    ``basic`` fields are on top; those that are not ``shown`` would mean nothing now.
    """

    question: Question
    value: str
    default: str
    choices: Sequence[Choice]
    problem: str
    basic: bool
    shown: bool

    @property
    def shown_value(self) -> str:
        """Without the password of a proxy."""
        return without_passwords(self.value)

    @property
    def closed(self) -> bool:
        """Whether the choices are all there is: they say what no answer means, or yes and no."""
        return any(choice.value in ("", "true") for choice in self.choices)


class Draft:
    def __init__(self, detected: Detected) -> None:
        self._interview = Interview(detected)

    @property
    def detected(self) -> Detected:
        return self._interview.detected

    @detected.setter
    def detected(self, detected: Detected) -> None:
        self._interview.detected = detected

    @property
    def begun(self) -> bool:
        return bool(self._interview.answers)

    def take(self, form: Mapping[str, str]) -> None:
        """What the form says; a field that comes back as it was shown says nothing new."""
        answers = self._interview.answers
        shown = {question: without_passwords(self._interview.value(question)) for question in QUESTIONS}
        for question, value in shown.items():
            given = form.get(question.key, value).strip()[:LONGEST_ANSWER]
            if given != value:
                answers[question.key] = given
        for question in QUESTIONS:
            said = self._interview.said
            stale = not question.applies(said, self.detected)
            silent = answers.get(question.key) in ("", self._interview.default(question))
            if stale or (silent and not question.needed(said, self.detected)):
                answers.pop(question.key, None)

    def fields(self) -> list[Field]:
        problems = self.problems()
        return [self._field(question, problems.get(question.key, "")) for question in QUESTIONS]

    def problems(self) -> dict[str, str]:
        """What is wrong, in a sentence, by the key of its question."""
        interview = self._interview
        missing = {question.key: interview.value(question) for question in interview.missing()}
        said = {**missing, **interview.answers}
        judged = {
            question.key: interview.problem(question, said[question.key])
            for question in QUESTIONS
            if question.key in said
        }
        return {key: problem for key, problem in judged.items() if problem}

    def effective(self) -> Effective:
        """The whole manifest.  Raises ManifestErrors."""
        return self._interview.effective()

    def _field(self, question: Question, problem: str) -> Field:
        said = self._interview.said
        return Field(
            question,
            self._interview.value(question),
            self._interview.default(question),
            question.choices(self.detected),
            problem,
            question.basic and question.when(said, self.detected),
            question.applies(said, self.detected),
        )
