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


async def main(action: str, file: Path) -> int:
    """0 if there is no trace (or after ``take``), 1 with a line for each on standard output."""
    skip = (*trace.VOLATILE, *FOLDERS_OF_TOOLS, str(CHECKOUT))
    now = await trace.take(SystemProcesses(), skip=skip)
    if action == "take":
        file.write_text(now.dump())
        return 0
    differences = trace.diff(trace.Snapshot.load(file.read_text()), now)
    found = [line for line in differences if not line.startswith("process ") or _is_ours(line)]
    for line in found:
        print(line)
    print(f"{len(found)} traces")
    return 1 if found else 0


def _is_ours(line: str) -> bool:
    """Processes of the machine's other users come and go; these are Sunbeam's."""
    words = ("sunbeam", "conmon", "etcd", "nova", "neutron", "ovs-", "ovsdb", "mariadb", "qemu")
    return line.startswith("process added") and any(word in line for word in words)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("take", "compare"):
        sys.exit(__doc__)
    sys.exit(asyncio.run(main(sys.argv[1], Path(sys.argv[2]))))
