"""What doctor tells a person to type exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import sunbeam.doctor.rules
from tests.unit.docs.test_docs_code import names_a_command

PROGRAM = re.compile(
    r"^(du|dd|dmesg|df|grep|tail|rm|kill|chmod|chown|ip|echo|ss|mv|nsenter|systemctl|apt-get) "
)


def texts() -> Iterator[str]:
    """Every text of the rules; what is filled in is ``x``."""
    for file in Path(sunbeam.doctor.rules.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.JoinedStr):
                yield "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_every_sunbeam_command_exists() -> None:
    named = {part for text in texts() for part in re.split(r" && ", text) if part.startswith("sunbeam ")}
    assert len(named) > 8
    unknown = [
        words for words in named if not names_a_command(re.sub(r"( x)+$", "", words.removeprefix("sunbeam ")))
    ]
    assert unknown == []


def test_other_programs_are_of_every_machine() -> None:
    """Those of essential packages, and of packages that a node installs; procps is not among them."""
    named = {text.split()[0] for text in texts() if re.match(r"(ps|free|sysctl|top|pkill|sudo|curl) ", text)}
    assert named == set()
    assert sum(bool(PROGRAM.match(text)) for text in texts()) > 10
