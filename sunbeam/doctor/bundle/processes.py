"""The programs that run on this machine: arguments of Sunbeam's own alone, for others' may hold secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from sunbeam.core.file_text import text
from sunbeam.core.paths import Paths


@dataclass(frozen=True)
class Process:
    """``memory`` is what is resident, as the kernel writes it: ``1234 kB``."""

    pid: int
    parent: int
    name: str
    memory: str
    argv: tuple[str, ...]

    @property
    def line(self) -> str:
        return f"{self.pid:>8} {self.memory:>12}  {' '.join(self.argv) or self.name}"


def processes(paths: Paths) -> Iterator[Process]:
    """All but the kernel's; those that are not ours without ``argv``."""
    running = {each.pid: each for each in _running(paths.root / "proc")}
    ours = _with_children(running, {*_of_containers(paths), *_of_sunbeam(running.values(), paths)})
    for pid, each in sorted(running.items()):
        yield each if pid in ours else replace(each, argv=())


def _running(proc: Path) -> Iterator[Process]:
    for folder in proc.glob("[0-9]*"):
        status = dict(re.findall(r"^(\w+):[ \t]*(.*)$", text(folder / "status"), re.MULTILINE))
        if command := text(folder / "cmdline"):
            yield Process(
                int(folder.name),
                int(status.get("PPid", 0)),
                status.get("Name", ""),
                status.get("VmRSS", ""),
                tuple(command.rstrip("\0").split("\0")),
            )


def _of_containers(paths: Paths) -> set[int]:
    """The first process of each container, and what watches it."""
    return {int(word) for file in (paths.run / "pids").glob("*") if (word := text(file).strip()).isdecimal()}


def _of_sunbeam(running: Iterable[Process], paths: Paths) -> set[int]:
    """Commands, sunbeamd, and programs that were fetched for this node."""
    return {
        each.pid
        for each in running
        if Path(each.argv[0]).parent == paths.bin
        or (each.argv[1:2] == ("-m",) and each.argv[2:3] and each.argv[2].partition(".")[0] == "sunbeam")
        or (each.argv[1:] and Path(each.argv[1]).name == "sunbeam")
    }


def _with_children(running: dict[int, Process], roots: set[int]) -> set[int]:
    found = roots
    while more := {each.pid for each in running.values() if each.parent in found} - found:
        found = found | more
    return found
