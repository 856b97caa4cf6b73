"""Writes as etcd's log does, for at most a second, and prints how long each took.

Run as a program of its own (a disk that hangs must not hang us); the file has no name, so that nothing is
left whatever happens.  Standard library only.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time

BLOCK = b"\0" * 2300
"""The size of an etcd log record in etcd's own disk benchmark."""
SECONDS = 0.8
WRITES = 1000


def main(folder: str) -> None:
    took: list[float] = []
    with tempfile.TemporaryFile(dir=folder) as file:
        began = time.monotonic()
        while len(took) < WRITES and time.monotonic() - began < SECONDS:
            before = time.monotonic()
            os.write(file.fileno(), BLOCK)
            os.fdatasync(file.fileno())
            took.append((time.monotonic() - before) * 1000)
    took.sort()
    last = took[min(len(took) - 1, len(took) * 99 // 100)]
    print(json.dumps({"count": len(took), "p99": last, "median": took[len(took) // 2]}))


if __name__ == "__main__":
    main(sys.argv[1])
