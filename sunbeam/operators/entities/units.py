"""Units and what their charms have seen; the machines and storage below them."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, Field

from sunbeam.operators.entities.document import Entity, Life, Status


class SeenRelation(BaseModel):
    """What one unit has seen of one relation: bag versions by remote unit and application name."""

    units: dict[str, int] = Field(default_factory=dict)
    applications: dict[str, int] = Field(default_factory=dict)


class Seen(BaseModel):
    """What a unit's charm has been told so far; committed in one transaction with the hook's flush."""

    installed: bool = False
    started: bool = False
    stopped: bool = False
    removed: bool = False
    boot_id: str = ""
    charm_url: str = ""
    config_hash: str = ""
    leader: bool = False
    storage: list[str] = Field(default_factory=list)
    relations: dict[str, SeenRelation] = Field(default_factory=dict)
    pebble_ready: dict[str, str] = Field(default_factory=dict)
    notices: dict[str, str] = Field(default_factory=dict)
    checks: dict[str, str] = Field(default_factory=dict)
    secrets: dict[str, int] = Field(default_factory=dict)
    secret_expiries: dict[str, str] = Field(default_factory=dict)
    secret_removals: list[str] = Field(default_factory=list)
    update_status_at: str = ""


class HookError(BaseModel):
    """A failed hook: it is retried before anything else, or skipped by ``resolved --no-retry``."""

    hook: dict[str, Any]
    attempts: int = 1
    retry_at: str = ""
    traceback: str = ""
    resolved: Literal["", "retry", "no-retry"] = ""


class WorkloadState(BaseModel):
    """What the substrate reports of one workload container; ``boot_id`` changes with each Pebble start."""

    boot_id: str = ""
    notices: list[dict[str, Any]] = Field(default_factory=list)
    checks: dict[str, str] = Field(default_factory=dict)


class Unit(Entity):
    """A unit: its runtime address, statuses, and what its charm has seen.

    ``problem`` is the substrate's one sentence on why it does not run; ``failed``: it was tried in vain.
    ``force`` lets a dying unit go although its hooks fail (``remove-unit --force``).
    """

    kind: ClassVar[str] = "unit"
    name: str
    application: str
    machine: str = ""
    principal: str = ""
    life: Life = "alive"
    address: str = ""
    ports: list[str] = Field(default_factory=list)
    workload_status: Status = Field(
        default_factory=lambda: Status(current="waiting", message="installing agent")
    )
    agent_status: Status = Field(default_factory=lambda: Status(current="allocating"))
    workload_version: str = ""
    seen: Seen = Field(default_factory=Seen)
    error: HookError | None = None
    containers: dict[str, WorkloadState] = Field(default_factory=dict)
    charm_state: dict[str, str] = Field(default_factory=dict)
    storage: list[str] = Field(default_factory=list)
    annotations: dict[str, str] = Field(default_factory=dict)
    problem: str = ""
    failed: bool = False
    force: bool = False

    @property
    def id(self) -> str:
        return self.name

    @property
    def number(self) -> int:
        return int(self.name.rpartition("/")[2])


class Machine(Entity):
    """A machine of the model: a machine container on this host, or an enrolled node (``address``)."""

    kind: ClassVar[str] = "machine"
    number: str
    life: Life = "alive"
    address: str = ""
    hostname: str = ""
    base: str = ""
    constraints: dict[str, Any] = Field(default_factory=dict)
    placement: str = ""
    instance_id: str = ""
    hardware: dict[str, Any] = Field(default_factory=dict)
    status: Status = Field(default_factory=lambda: Status(current="pending"))
    instance_status: Status = Field(default_factory=lambda: Status(current="pending"))
    annotations: dict[str, str] = Field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.number


class Storage(Entity):
    """A storage instance ``name/N`` of a unit; ``location`` is the host folder behind the mount."""

    kind: ClassVar[str] = "storage"
    tag: str
    unit: str
    location: str
    mount: str = ""
    pool: str = "rootfs"
    size_mib: int = 0
    life: Life = "alive"

    @property
    def id(self) -> str:
        return self.tag
