"""Clouds of ours that run on this machine, whatever their root is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sunbeam.cluster.services import DAEMON, ETCD
from sunbeam.core.errors import Problem
from sunbeam.core.paths import Paths

DAEMON_MODULE = "sunbeam.cluster.daemon"
Running = Mapping[Path, Sequence[str]]
"""By its root, which of a cloud's sunbeamd and etcd run."""


def running_clouds(proc: Path) -> Running:
    """Those whose interfaces and packet rules are the ones that this process sees."""
    network = _network(proc / "self")
    found: dict[Path, list[str]] = {}
    for folder in proc.glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_text(errors="replace").split("\0")
            if (program := _program(words)) and _network(folder) == network:
                name, root = program
                found.setdefault(root, []).append(name)
        except OSError:
            continue  # it ended meanwhile
    return {root: sorted(set(names)) for root, names in found.items()}


def in_use(clouds: Running, root: Path, what: Sequence[str]) -> Problem:
    """``what`` is left below ``root`` is not to be removed while one of ``clouds`` runs."""
    told = (f"{' and '.join(names)} with SUNBEAM_ROOT={each}" for each, names in clouds.items())
    others = [each for each in clouds if each != root]
    look = f"SUNBEAM_ROOT={others[0]} sunbeam cluster status" if others else ""
    return Problem(
        "a cloud runs that may use what is left",
        where=", ".join(what),
        why="interfaces and packet rules of a cloud that runs are not removed as leftovers",
        evidence=f"running: {'; '.join(told)}",
        next_command=look or "sunbeam cluster destroy",
        id="leftovers-in-use",
    )


def _program(words: Sequence[str]) -> tuple[str, Path] | None:
    """The program of ours that a command line starts, and its root."""
    if DAEMON_MODULE in words[:-1]:
        return DAEMON, Path(words[words.index(DAEMON_MODULE) + 1] or "/")
    program = Path(words[0])
    for root in program.parents:
        if Paths(root).bin / "etcd" == program:
            return ETCD, root
    return None


def _network(process: Path) -> Path:
    return (process / "ns/net").readlink()
