"""What a question is: data that the terminal and the web page show alike.

A question is about one key of the manifest.  Whether a value is right is decided by the manifest; ``check``
adds what only this machine knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sunbeam.core.detection.detected import Detected

Answers = Mapping[str, str]
"""What is said so far, by dotted key; the items of a list are separated by commas."""


@dataclass(frozen=True)
class Choice:
    """``warning`` is what a person has to know before choosing it."""

    value: str
    label: str
    warning: str = ""


def nothing(answers: Answers, detected: Detected) -> str:
    return ""


def no_choices(detected: Detected) -> Sequence[Choice]:
    return ()


def right(value: str, answers: Answers, detected: Detected) -> str:
    return ""


def always(answers: Answers, detected: Detected) -> bool:
    return True


def never(answers: Answers, detected: Detected) -> bool:
    return False


@dataclass(frozen=True)
class Question:
    """``title`` is the question, ``why`` is why it matters, ``empty`` what no answer means; a line each.

    ``basic`` questions are asked of everybody, ``when`` there is something to decide; all others on demand.
    Without an answer ``default`` is taken, unless one is ``needed``.  Answers other than ``choices`` are
    allowed.  ``check`` returns what is wrong in a sentence, or nothing, and looks at the answers to the keys
    ``reads``.  ``applies``: whether an answer would mean anything.
    """

    key: str
    title: str
    why: str
    group: str
    basic: bool = False
    empty: str = ""
    default: Callable[[Answers, Detected], str] = nothing
    choices: Callable[[Detected], Sequence[Choice]] = no_choices
    check: Callable[[str, Answers, Detected], str] = right
    reads: tuple[str, ...] = ()
    when: Callable[[Answers, Detected], bool] = always
    applies: Callable[[Answers, Detected], bool] = always
    needed: Callable[[Answers, Detected], bool] = never
