"""The tutorial as a program, for a cloud that ``./run cloud`` made.

A comment before a block of shell says what becomes of it: ``<!-- not run: WHY -->``, or
``<!-- in a shell of its own -->`` if what it sets must not stay.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from tests.unit.docs.book import ROOT, Page

TUTORIAL = Page(ROOT / "docs/tutorial/first-cloud.md")
NOT_RUN = re.compile(r"not run: \S.*")
OWN_SHELL = "in a shell of its own"
BLOCK = re.compile(r"^(?:<!-- ([^\n]*) -->\n)?```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EVALUATED = re.compile(r'eval "\$\((.*)\)"')
ASKING = (["cluster", "status"], ["changes"], ["tasks"], ["openrc"], ["dashboard", "url"])
"""Commands of ours that change nothing."""

VERBS = {"list", "show", "issue"}
"""What the client openstack does that changes nothing."""


@dataclass(frozen=True)
class Block:
    """``mark`` is empty if nothing is said of the block."""

    mark: str
    code: str

    @property
    def is_run(self) -> bool:
        return not NOT_RUN.fullmatch(self.mark)

    @property
    def is_safe(self) -> bool:
        """Whether it may be run on a cloud that others use too, or is not run."""
        if not self.is_run:
            return True
        return self.mark in ("", OWN_SHELL) and all(only_asks(line) for line in self.code.splitlines())


def blocks(text: str) -> list[Block]:
    return [Block(mark, code) for mark, code in BLOCK.findall(text)]


def script(text: str) -> str:
    """The blocks that are run, in their order, for one shell."""
    run = [each for each in blocks(text) if each.is_run]
    return "".join(f"(\n{each.code})\n" if each.mark == OWN_SHELL else each.code for each in run)


def only_asks(line: str) -> bool:
    """Whether a line changes nothing but its shell."""
    if asked := EVALUATED.fullmatch(line):
        return only_asks(asked[1])
    if set(line) & set(";|&<>()`") or not line.strip():
        return False
    program, *words = shlex.split(line)
    if program == "sunbeam":
        return any(words[: len(each)] == each for each in ASKING)
    return program == "export" or (program == "openstack" and bool(VERBS & {*words}))
