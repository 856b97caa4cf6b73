"""Mistakes in manifests: each with its place, all of them in one report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sunbeam.core.errors import PreflightFailed, Problem
from sunbeam.core.manifest.tree import ANSWER, Origin, Step, dotted


@dataclass(frozen=True)
class Finding:
    """One mistake; ``path`` is the key that it is about.

    ``unresolved``: it is a reference, which may be right at another time or place.
    """

    origin: Origin
    text: str
    path: tuple[Step, ...] = ()
    unresolved: bool = False

    @property
    def place(self) -> str:
        return str(self.origin) if self.origin.line else f"{self.origin} {dotted(self.path)}".strip()

    @property
    def sentence(self) -> str:
        """The text whatever the key is called there: merging moves the machines of a list."""
        return self.text.replace(dotted(self.path), "it") if self.path else self.text

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


class Findings:
    """Each mistake once, in the order of files and lines."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Finding] = {}
        self._sources: dict[str, int] = {}

    def add(self, finding: Finding) -> None:
        self._sources.setdefault(finding.origin.source, len(self._sources))
        self._found.setdefault((finding.place, finding.sentence), finding)

    def at(self, origin: Origin) -> bool:
        return any(finding.origin == origin for finding in self._found.values())

    def __iter__(self) -> Iterator[Finding]:
        def order(finding: Finding) -> tuple[int, int, int]:
            origin = finding.origin
            return self._sources[origin.source], origin.line, origin.column

        return iter(sorted(self._found.values(), key=order))

    def __len__(self) -> int:
        return len(self._found)

    def raise_if_any(self, next_command: str) -> None:
        """Raises ManifestErrors."""
        if self._found:
            raise ManifestErrors(list(self), next_command)


class ManifestErrors(PreflightFailed):
    """Every mistake of every file and answer; nothing was changed.  A line each, as editors take them."""

    id = "manifest-mistakes"

    def __init__(self, findings: Sequence[Finding], next_command: str) -> None:
        self.findings = tuple(findings)
        super().__init__(
            [
                Problem(finding.text, finding.place, next_command=next_command, id="manifest-mistake")
                for finding in findings
            ]
        )
        many = "s" if len(findings) != 1 else ""
        self.what = f"{len(findings)} mistake{many} in the manifest; nothing was changed"
        self.next_command = next_command
        self.args = (self.what,)

    def of_options(self, options: Mapping[str, str], next_command: str) -> ManifestErrors:
        """The same mistakes, those of answers that were given as ``options`` (by dotted key) named so."""
        findings = [
            replace(each, origin=Origin(f"option {options[dotted(each.path)]}"), path=())
            if each.origin == ANSWER and dotted(each.path) in options
            else each
            for each in self.findings
        ]
        told = all(each.origin.line == 0 for each in findings)
        return ManifestErrors(findings, next_command if told else self.next_command)

    def redact(self, redact: Callable[[str], str]) -> None:
        super().redact(redact)
        self.findings = tuple(replace(each, text=redact(each.text)) for each in self.findings)

    def __str__(self) -> str:
        return "\n".join(
            [self.what, *(f"  {each}" for each in self.findings), f"  next: {self.next_command}"]
        )
