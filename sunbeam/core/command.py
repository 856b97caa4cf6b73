"""The command that runs now, as a person types it again."""

from __future__ import annotations

import shlex
import sys


def this_command() -> str:
    return shlex.join(["sunbeam", *sys.argv[1:]])
