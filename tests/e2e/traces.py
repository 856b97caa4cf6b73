"""``python -m tests.e2e.traces take|compare FILE``: what a cloud left on this machine after its destruction.

Take a snapshot before the first ``./run cloud``, compare after ``./run destroy``: nothing may differ but what
other programs keep (caches, logs) and this checkout.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from sunbeam.core.process import SystemProcesses
from sunbeam.substrates.embedded import trace

CHECKOUT = Path(__file__).resolve().parents[2]
FOLDERS_OF_TOOLS = ("/root/.npm", "/root/.config", "/root/.local", "/root/.pki", "/var/lib/containers/cache")
"""Homes of npm, Chromium and their like, which the tests use as well; podman's cache of where layers were."""

PROGRAMS = ("sunbeam", "conmon", "etcd", "nova", "neutron", "ovs-", "ovsdb", "mariadb", "qemu")


async def main(action: str, file: Path) -> int:
    """0 if there is no trace (or after ``take``), 1 with a line for each on standard output."""
    skip = (*trace.VOLATILE, *FOLDERS_OF_TOOLS, str(CHECKOUT))
    now = await trace.take(SystemProcesses(), skip=skip)
    if action == "take":
        file.write_text(now.dump())
        return 0
    differences = trace.diff(trace.Snapshot.load(file.read_text()), now)
    found = [line for line in differences if not _is_of_others(line)]
    for line in found:
        print(line)
    print(f"{len(found)} traces")
    return 1 if found else 0


def _is_of_others(line: str) -> bool:
    """Programs of others come and go and write on in their logs, such as the log of whoever runs this."""
    what, path_and_states = line.split(": ", 1)
    if what.startswith("process "):
        return what != "process added" or not any(word in line for word in PROGRAMS)
    return what == "file changed" and path_and_states.split(" (")[0].endswith(".log")


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("take", "compare"):
        sys.exit(__doc__)
    sys.exit(asyncio.run(main(sys.argv[1], Path(sys.argv[2]))))
