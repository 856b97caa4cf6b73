"""What a task would do, as data: what a dry run and ``sunbeam diff`` show before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SENSITIVE = "(sensitive)"
UNKNOWN = "(known after apply)"

TouchKind = Literal[
    "file", "folder", "package", "service", "interface", "setting", "container", "cloud", "other"
]


@dataclass(frozen=True)
class Touch:
    """One thing of this machine or of the cloud that is changed: ``verb`` says how, ``name`` what."""

    kind: TouchKind
    verb: str
    name: str


@dataclass(frozen=True)
class AttributeChange:
    """``before`` and ``after`` as text; empty: none; secrets and unknown values are named as such."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class ResourceChange:
    """A resource of a Terraform module; ``attributes`` are those that change, or that are set at creation."""

    address: str
    action: Literal["create", "update", "replace", "delete"]
    attributes: tuple[AttributeChange, ...] = ()


@dataclass(frozen=True)
class Artifact:
    """Something large that is fetched or built; ``size`` in bytes as last time, None: unknown."""

    verb: Literal["build", "fetch"]
    name: str
    size: int | None = None


@dataclass(frozen=True)
class Foresight:
    """``changes`` is false of a task that only looks, or has nothing to change; ``note`` is for a person."""

    changes: bool = True
    touches: tuple[Touch, ...] = ()
    resources: tuple[ResourceChange, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    risks: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class PlannedTask:
    """A task that would be done; ``seconds`` of its own work, ``measured`` here or else typical."""

    task: str
    title: str
    phase: str
    seconds: float
    measured: bool
    foresight: Foresight


@dataclass(frozen=True)
class Preview:
    """What a change would do: ``tasks`` in order, ``unchanged`` titles of tasks that find all as wanted.

    ``seconds`` is the estimate from begin to end (0: nobody knows), ``critical`` the ids of the tasks that
    decide it.  ``node`` is the name of the machine that they touch; empty in what an older version told.
    ``stays`` is what an undo leaves as it is, each with why.
    """

    kind: str
    title: str
    tasks: tuple[PlannedTask, ...]
    unchanged: tuple[str, ...]
    seconds: float
    critical: tuple[str, ...]
    node: str = ""
    stays: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether anything would be different afterwards."""
        return any(task.foresight.changes for task in self.tasks)
