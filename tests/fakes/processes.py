"""A strict stand-in for ``Processes``: a program that no test expects fails it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sunbeam.core.process import Completed, ProcessFailed

Answer = Completed | str | BaseException | Callable[[tuple[str, ...], str | None], str]


class FakeProcesses:
    """``expect`` an argv prefix with its answer (the first that fits counts); ``calls`` lists what was run.

    An answer is standard output, a Completed, an exception to raise, or a function of argv and input.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []
        self._answers: list[tuple[tuple[str, ...], Answer]] = []

    def expect(self, *prefix: str, answer: Answer = "") -> None:
        self._answers.append((prefix, answer))

    def replace(self, *prefix: str, answer: Answer = "") -> None:
        """From now on another answer for a prefix that is expected."""
        self._answers[[known for known, _ in self._answers].index(prefix)] = (prefix, answer)

    @property
    def unused(self) -> list[tuple[str, ...]]:
        """Expected prefixes that no call had, for tests that want every program to be run."""
        return [p for p, _ in self._answers if not any(call[: len(p)] == p for call in self.calls)]

    async def run(
        self,
        argv: Sequence[str | Path],
        *,
        input: str | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        check: bool = True,
        timeout: float | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        words = tuple(str(word) for word in argv)
        self.calls.append(words)
        for prefix, answer in self._answers:
            if words[: len(prefix)] == prefix:
                return self._completed(words, answer, input, check, on_line)
        raise AssertionError(f"unexpected program: {' '.join(words)}")

    def _completed(
        self,
        words: tuple[str, ...],
        answer: Answer,
        input: str | None,
        check: bool,
        on_line: Callable[[str], None] | None,
    ) -> Completed:
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, Completed):
            completed = answer
        else:
            completed = Completed(words, 0, answer if isinstance(answer, str) else answer(words, input))
        for line in completed.stdout.splitlines() if on_line else []:
            assert on_line is not None
            on_line(line)
        if check and completed.returncode:
            raise ProcessFailed(completed)
        return completed
