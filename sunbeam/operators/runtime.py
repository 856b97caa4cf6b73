"""The seam between the operator engine and what runs its units.

The engine says which pods and machines should exist; a ``Runtime`` makes it so and reports what it sees.
``substrates/embedded`` implements it with podman; tests use a fake that records calls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class Mount:
    """A host folder seen at ``target`` inside a container."""

    source: Path
    target: str
    read_only: bool = False


@dataclass(frozen=True)
class ContainerSpec:
    """One workload container: Pebble is its process 1, reached through ``socket_folder/pebble.socket``."""

    name: str
    image: str
    socket_folder: Path
    mounts: tuple[Mount, ...] = ()


@dataclass(frozen=True)
class PodSpec:
    """The wanted pod of one unit of a kubernetes model.

    ``ports`` are the unit's opened ports (``443/tcp``); ``exposed`` lets them be reached through the host.
    """

    model_uuid: str
    model: str
    application: str
    unit: str
    containers: tuple[ContainerSpec, ...]
    ports: tuple[str, ...] = ()
    exposed: bool = False


@dataclass(frozen=True)
class MachineSpec:
    """The wanted machine of a machine model: a machine container made from ``image``.

    ``image`` comes from the constraint ``image-id`` (Juju's own word for it).  ``folders`` are host folders
    that hooks inside need at the same path (the charm, the tools, the agent socket).
    """

    model_uuid: str
    model: str
    number: str
    hostname: str
    image: str
    folders: tuple[Path, ...] = ()


@dataclass(frozen=True)
class ContainerState:
    """``boot_id`` is Pebble's; empty while Pebble does not answer.

    ``problem`` is one sentence on why it does not run; ``failed``: it was tried in vain, and is again.
    """

    boot_id: str = ""
    checks: dict[str, str] = field(default_factory=dict)
    notices: tuple[dict[str, Any], ...] = ()
    problem: str = ""
    failed: bool = False


@dataclass(frozen=True)
class UnitState:
    """What is seen of a pod: its address once it has one, and its containers by name."""

    model_uuid: str
    unit: str
    address: str = ""
    containers: dict[str, ContainerState] = field(default_factory=dict)
    problem: str = ""
    failed: bool = False


@dataclass(frozen=True)
class MachineState:
    """What is seen of a machine; ``pid`` is a process in its namespaces (0 while it is down)."""

    model_uuid: str
    number: str
    address: str = ""
    pid: int = 0
    boot_id: str = ""
    problem: str = ""
    failed: bool = False


Report = Callable[[UnitState | MachineState], None]


class Runtime(Protocol):
    """Level-triggered: ``ensure_*`` is called again at each start and whenever a spec changes.

    ``ensure_*`` returns when the work is started, not when it is finished (an image may still be building);
    what happened is told through ``report``, on the event loop, again and again until it is stable.
    """

    async def start(self, report: Report) -> None:
        """Begin to watch; adopt what already runs."""

    async def stop(self) -> None:
        """Stop watching.  Containers keep running."""

    async def ensure_pod(self, spec: PodSpec) -> None: ...

    async def remove_pod(self, model_uuid: str, unit: str) -> None: ...

    async def ensure_machine(self, spec: MachineSpec) -> None: ...

    async def remove_machine(self, model_uuid: str, number: str) -> None: ...
