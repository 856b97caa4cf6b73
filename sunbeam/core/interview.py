"""An interview: which questions are open, what was said, and what is wrong with it; the terminal and the
web page lead it alike."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sunbeam.core.detection.detected import Detected
from sunbeam.core.errors import PreflightFailed, Problem
from sunbeam.core.manifest.effective import Effective, effective
from sunbeam.core.manifest.findings import Finding, ManifestErrors
from sunbeam.core.manifest.plans import shipped_plans
from sunbeam.core.manifest.tree import ANSWER, DEFAULT, DETECTED, Origin, dotted
from sunbeam.core.question import Question
from sunbeam.core.question_facts import SHIPPED
from sunbeam.core.questions import QUESTIONS
from sunbeam.core.spoken import as_typed, spoken


@dataclass(frozen=True)
class Row:
    """A line of the review: the question's number (0: it is not asked), its value and where that is from."""

    number: int
    key: str
    value: str
    origin: str


class Interview:
    """``options`` were said before it, as ``files`` were; ``cloud`` is what is settled for good.

    ``advanced`` may be switched on at any moment.  Who is only ``looking`` needs no secret.  Raises
    PreflightFailed for wrong files and options.
    """

    def __init__(
        self,
        detected: Detected,
        *,
        files: Sequence[Path] = (),
        options: Mapping[str, str] | None = None,
        cloud: Mapping[str, Any] | None = None,
        advanced: bool = False,
        looking: bool = False,
    ) -> None:
        self.detected = detected
        self.advanced = advanced
        self.answers: dict[str, str] = {}
        self._files = tuple(files)
        self._options = dict(options or {})
        self._cloud = dict(cloud or {})
        self._looking = looking
        self._plans = {str(file) for file in shipped_plans().values()}
        self._places: dict[str, str] = {}
        self._of_files: dict[str, str] = {}
        self._before = self._spoken(self._first())

    @property
    def said(self) -> dict[str, str]:
        """Everything that is said by somebody, by dotted key."""
        return {**self._before, **self._options, **self.answers}

    def questions(self) -> list[Question]:
        """Those to ask after the answers so far."""
        return [question for question in QUESTIONS if self._is_asked(question)]

    def default(self, question: Question) -> str:
        """What holds without an answer."""
        return question.default(self.said, self.detected)

    def value(self, question: Question) -> str:
        """What was answered, else the default."""
        return self.answers.get(question.key, self.default(question))

    def empty(self, question: Question) -> str:
        """What an empty answer means, in words or as the value that is used then; empty: nothing."""
        if question.needed(self.said, self.detected):
            return ""
        return question.empty or SHIPPED_VALUES[question.key]

    def answer(self, question: Question, value: str) -> None:
        """Take an answer without a problem; the default is nobody's answer, unless one is needed."""
        needed = question.needed(self.said, self.detected)
        if value.strip() == self.default(question) and not needed:
            self.answers.pop(question.key, None)
        else:
            self.answers[question.key] = value.strip()

    def problem(self, question: Question, value: str) -> str:
        """What is wrong with a value, in a sentence; empty: nothing."""
        value = value.strip()
        others = {key: text for key, text in self.said.items() if key != question.key}
        needed = question.needed(others, self.detected)
        if not value and needed:
            return "an answer is needed"
        known = {(finding.path, finding.text) for finding in self._findings(others)}
        said = {question.key: value} if needed or value != self.default(question) else {}
        for finding in self._findings({**others, **said}):
            if (finding.path, finding.text) not in known:
                return finding.text.removeprefix(f"{dotted(finding.path)} ")
        return question.check(value, others, self.detected)

    def missing(self) -> list[Question]:
        """Questions that nobody answered and that have no default."""
        said = self.said
        return [
            question
            for question in QUESTIONS
            if question.key not in said
            and question.applies(said, self.detected)
            and question.needed(said, self.detected)
        ]

    def wrong(self) -> list[tuple[Question, str]]:
        """What this machine says against answers, options and files, whoever gave them.

        What a cloud has was judged when it was said.
        """
        return self._against(self.said)

    def problems(self) -> list[Problem]:
        """Every answer that is missing, and every one that is wrong."""
        missing = [
            Problem(f"{question.key}: an answer is needed", id="answer-missing")
            for question in self.missing()
        ]
        return [*missing, *self._told(self.wrong())]

    def settled_problems(self) -> list[Problem]:
        """What is wrong whatever is answered to the questions."""
        open_keys = {question.key for question in self.questions()}
        wrong = [each for each in self.wrong() if not open_keys.intersection(each[0].reads)]
        return self._told(wrong)

    def effective(self) -> Effective:
        """The manifest that the answers make.  Raises ManifestErrors."""
        return self._effective({**self._options, **self.answers})

    def rows(self, made: Effective | None, *, everything: bool = False) -> list[Row]:
        """The reviewed answers: what is asked, with its number, and what else is not a default.

        Of answers that make no manifest (None) only those that are asked for.
        """
        numbers = {question.key: number for number, question in enumerate(self.questions(), start=1)}
        if made is None:
            return [self._open_row(question, numbers[question.key]) for question in self.questions()]
        wanted = [
            *numbers,
            *(
                _list_of(key)
                for key, origin in made.origins.items()
                if everything or not self._is_ours(origin)
            ),
        ]
        return [self._row(made, key, numbers.get(key, 0)) for key in dict.fromkeys(wanted)]

    def _open_row(self, question: Question, number: int) -> Row:
        origin = ANSWER if question.key in self.answers else DEFAULT
        return Row(number, question.key, self.value(question) or self.empty(question) or "none", str(origin))

    def _row(self, made: Effective, key: str, number: int) -> Row:
        origin = made.origin(key) or DEFAULT
        value = made.values[key] if key in made.values else _at(made.manifest.dump(), key)
        empty = next((question.empty for question in QUESTIONS if question.key == key), "")
        source = f"plan {Path(origin.source).stem}" if origin.source in self._plans else str(origin)
        return Row(number, key, as_typed(value) or empty or "none", source)

    def _is_asked(self, question: Question) -> bool:
        said = self.said
        if question.key in self._before or not question.applies(said, self.detected):
            return False
        return self.advanced or (question.basic and question.when(said, self.detected))

    def _first(self) -> Effective:
        """What files and options make.  Raises PreflightFailed with all that is wrong with them."""
        said, self._places = spoken(self._files, self._options)
        self._of_files = said
        try:
            return self._effective(self._options)
        except ManifestErrors as errors:
            told = {dotted(finding.path) for finding in errors.findings}
            wrong = [each for each in self._against(said) if each[0].key not in told]
            if not wrong:
                raise
            raise PreflightFailed([*errors.problems, *self._told(wrong)]) from None

    def _against(self, said: Mapping[str, str]) -> list[tuple[Question, str]]:
        judged = [
            (question, question.check(said[question.key], said, self.detected))
            for question in QUESTIONS
            if question.key in said and not self._is_settled(question, said[question.key])
        ]
        return [(question, problem) for question, problem in judged if problem]

    def _is_settled(self, question: Question, value: str) -> bool:
        return bool(self._cloud) and value == as_typed(_at(self._cloud, question.key))

    def _told(self, wrong: Sequence[tuple[Question, str]]) -> list[Problem]:
        return [
            Problem(f"{question.key}: {text}", where=self._places.get(question.key, ""), id="answer-wrong")
            for question, text in wrong
        ]

    def _spoken(self, before: Effective) -> dict[str, str]:
        """What somebody said before the interview; a cloud that exists has said everything."""
        found = {}
        for question in QUESTIONS:
            origin = before.origin(question.key)
            if self._cloud or (origin is not None and not self._is_ours(origin)):
                found[question.key] = as_typed(_at(before.manifest.dump(), question.key))
        return found

    def _is_ours(self, origin: Origin) -> bool:
        """Whether nobody but this program spoke."""
        return origin in (DEFAULT, DETECTED) or origin.source in self._plans

    def _effective(self, answers: Mapping[str, str]) -> Effective:
        detected = self._detected(answers)
        return effective(self._files, answers, detected=detected, cloud=self._cloud, looking=self._looking)

    def _detected(self, answers: Mapping[str, str]) -> dict[str, str]:
        """Defaults that this machine decides; one that is needed is as if nothing else was said."""
        said = {**self._of_files, **answers}
        wanted = {
            question.key: question.default(
                {} if question.needed(said, self.detected) else said, self.detected
            )
            for question in QUESTIONS
        }
        return {key: value for key, value in wanted.items() if value and value != SHIPPED_VALUES.get(key)}

    def _findings(self, answers: Mapping[str, str]) -> Sequence[Finding]:
        try:
            self._effective(
                {
                    key: value
                    for key, value in answers.items()
                    if key in self._options or key not in self._before
                }
            )
        except ManifestErrors as errors:
            return errors.findings
        return ()


def _at(manifest: Mapping[str, Any], key: str) -> Any:
    """The value of a dotted key; nothing where it is left out."""
    part: Any = manifest
    for step in key.split("."):
        part = part.get(step, "")
    return part


def _list_of(key: str) -> str:
    """``network.dns`` of ``network.dns[1]``; other keys as they are."""
    return re.sub(r"\[\d+\]$", "", key)


SHIPPED_VALUES = {question.key: as_typed(_at(SHIPPED.dump(), question.key)) for question in QUESTIONS}
