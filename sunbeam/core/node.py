"""This machine as commands, workers and the daemon see it: its folders and the seams to the outside."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sunbeam.core.clock import Clock, SystemClock
from sunbeam.core.paths import Paths
from sunbeam.core.process import Processes, SystemProcesses
from sunbeam.core.proxy import program_environment
from sunbeam.core.redaction import Redactor


@dataclass(frozen=True)
class Node:
    """This node's seams, shared by everything that a process does."""

    paths: Paths
    processes: Processes = field(default_factory=SystemProcesses)
    clock: Clock = field(default_factory=SystemClock)
    redactor: Redactor = field(default_factory=Redactor)


def this_node() -> Node:
    """SUNBEAM_ROOT is another folder for all of this node's, for tests.  Programs use the node's proxy."""
    paths = Paths(Path(os.environ.get("SUNBEAM_ROOT", "/")))
    return Node(paths, SystemProcesses(partial(program_environment, paths)))
