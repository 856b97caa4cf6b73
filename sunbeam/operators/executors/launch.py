"""Runs one native hook and never outlives the engine.

Arguments: the number of a file descriptor whose end of file means that the engine is gone, the folder to
show as /charm/containers, the file to show as /etc/hosts and a scratch folder for that (all ``-`` if there is
none), the command.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

from sunbeam.operators.executors import mounts


def main(arguments: list[str]) -> int:
    lifeline, containers, hosts, scratch, *command = arguments
    folder = Path.cwd()
    if containers != "-":
        mounts.enter_private_root(Path(scratch))
        mounts.show(containers, hosts)
        os.chdir(folder)
    child = subprocess.Popen(command)
    ended = os.pidfd_open(child.pid)
    ready, _, _ = select.select([int(lifeline), ended], [], [])
    if ended not in ready:
        os.killpg(0, signal.SIGKILL)
    code = child.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
