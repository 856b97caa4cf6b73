"""The processes of the cloud on this machine, as /proc shows them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def containers() -> dict[str, int]:
    """The process id of each container's conmon, by the container's name."""
    found = {}
    for pid, words in _running():
        if Path(words[0]).name == "conmon" and "/var/lib/sunbeam/" in " ".join(words):
            found[words[words.index("-n") + 1]] = pid
    return found


def pids_of(*wanted: str) -> list[int]:
    """Processes with these words in their command line.

    Shells that started them do not count, nor do children, which have their words until they run a program.
    """
    found = [pid for pid, words in _running() if {*wanted} <= {*words} and not words[0].endswith("sh")]
    return [pid for pid in found if _parent(pid) not in (None, *found)]


def children(pid: int) -> list[int]:
    """Raises OSError if the process is gone."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _parent(pid: int) -> int | None:
    """None if the process is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return int(stat.rpartition(")")[2].split()[1])


def _running() -> Iterator[tuple[int, list[str]]]:
    """Not those of machines inside this one, which may have a cloud of their own."""
    ours = Path("/proc/self/ns/pid").readlink()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "ns/pid").readlink() != ours:
                continue
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if words[0]:
            yield int(folder.name), words
