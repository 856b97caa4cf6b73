"""The documentation as data: its pages, code, links, and the ``sunbeam`` commands that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer

from sunbeam.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parents[3]
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path

    @property
    def text(self) -> str:
        return self.path.read_text()

    @property
    def prose(self) -> str:
        """Everything outside fenced code."""
        return FENCE.sub("", self.text)

    def blocks(self, language: str = "") -> list[str]:
        """Fenced code of one language; of all if none is named."""
        return [code for name, code in FENCE.findall(self.text) if language in ("", name)]

    def code(self) -> list[str]:
        """Every piece of code that can name a command: lines of blocks, and inline code."""
        lines = [line for block in self.blocks() for line in block.splitlines()]
        return [*lines, *INLINE.findall(self.prose)]

    def links(self) -> list[str]:
        """Targets inside this repository."""
        return [link for link in LINK.findall(self.prose) if not link.startswith(("http:", "https:"))]

    def anchors(self) -> set[str]:
        """Headings as GitHub names them in links."""
        titles = (re.sub(r"[^\w\- ]", "", title.lower()) for title in HEADING.findall(self.prose))
        return {title.replace(" ", "-") for title in titles}

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()


def pages() -> list[Page]:
    """All pages a person reads, the README first."""
    top = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    return [Page(path) for path in [*top, *sorted((ROOT / "docs").rglob("*.md"))]]


def commands() -> dict[str, Any]:
    """Click commands by their words (``cluster bootstrap``), groups too, in the order of ``--help``."""
    found: dict[str, Any] = {}
    for name, (module, _) in COMMANDS.items():
        if find_spec(module) is not None:
            found.update(_walk(name, typer.main.get_command(import_module(module).app)))
    return found


def subcommands(command: Any) -> dict[str, Any]:
    """Commands of a group by name; none for a command."""
    return dict(getattr(command, "commands", {}))


def _walk(words: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield words, command
    for name, below in subcommands(command).items():
        yield from _walk(f"{words} {name}", below)
