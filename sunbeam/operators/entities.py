"""The entities of the operator engine: what a model is made of, as Juju names it.

Every entity is one JSON document in the engine's SQLite file (see ``store.py``), keyed by
``(kind, model_uuid, id)``.  Entities are plain data: rules live in ``resolver.py`` (which hook is next)
and ``operations/`` (what an API call changes); nothing here does I/O.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

Life = Literal["alive", "dying", "dead"]
Role = Literal["provider", "requirer", "peer"]


def now() -> str:
    """The current time as RFC 3339 in UTC with microseconds, as Juju prints it."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Entity(BaseModel):
    """One stored document; ``kind`` is its table key, ``id`` is unique per kind and model."""

    model_config = ConfigDict(validate_assignment=False, extra="forbid")
    kind: ClassVar[str]
    model_uuid: str = ""

    @property
    def id(self) -> str:
        raise TypeError(f"{type(self).__name__} has no id")


class Status(BaseModel):
    """A Juju status: ``current`` is the word, ``since`` an RFC 3339 time."""

    current: str
    message: str = ""
    since: str = Field(default_factory=now)
    data: dict[str, Any] = Field(default_factory=dict)


class User(Entity):
    """A controller user.  ``model_uuid`` stays empty; the password is kept as a scrypt hash."""

    kind: ClassVar[str] = "user"
    name: str
    display_name: str = ""
    password_hash: str = ""
    access: Literal["", "login", "add-model", "superuser"] = "login"
    disabled: bool = False
    created: str = Field(default_factory=now)

    @property
    def id(self) -> str:
        return self.name


class Model(Entity):
    """A Juju model.  ``type`` decides whether units are pods (kubernetes) or live on machines."""

    kind: ClassVar[str] = "model"
    name: str
    owner: str = "admin"
    type: Literal["kubernetes", "manual"] = "kubernetes"
    life: Life = "alive"
    config: dict[str, Any] = Field(default_factory=dict)
    constraints: dict[str, Any] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    access: dict[str, str] = Field(default_factory=dict)
    ssh_keys: list[str] = Field(default_factory=list)
    sequences: dict[str, int] = Field(default_factory=dict)
    created: str = Field(default_factory=now)

    @property
    def id(self) -> str:
        return self.model_uuid

    def next(self, sequence: str) -> int:
        """The next number of ``sequence`` ("relation", "machine", "operation", "unit-APP", ...), from 0."""
        number = self.sequences.get(sequence, 0)
        self.sequences[sequence] = number + 1
        return number


class Charm(Entity):
    """An uploaded charm; ``path`` is the unpacked, read-only folder of this revision."""

    kind: ClassVar[str] = "charm"
    url: str
    name: str
    revision: int
    sha256: str
    path: str
    metadata: dict[str, Any] = Field(default_factory=dict)
    config: dict[str, Any] = Field(default_factory=dict)
    actions: dict[str, Any] = Field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.url


class Endpoint(BaseModel):
    """One end of a relation: the application's side of a charm endpoint."""

    application: str
    name: str
    role: Role
    interface: str
    scope: Literal["global", "container"] = "global"
    limit: int = 0
    optional: bool = False


class Application(Entity):
    """A deployed application.  ``config`` holds only what was set; defaults come from the charm."""

    kind: ClassVar[str] = "application"
    name: str
    charm_url: str
    life: Life = "alive"
    config: dict[str, Any] = Field(default_factory=dict)
    trust: bool = False
    constraints: dict[str, Any] = Field(default_factory=dict)
    base: str = ""
    channel: str = ""
    exposed: dict[str, Any] | None = None
    bindings: dict[str, str] = Field(default_factory=dict)
    storage_directives: dict[str, dict[str, Any]] = Field(default_factory=dict)
    resources: dict[str, str] = Field(default_factory=dict)
    scale: int = 0
    leader: str = ""
    status: Status = Field(default_factory=lambda: Status(current="unset"))
    workload_version: str = ""
    annotations: dict[str, str] = Field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.name


class RemoteApplication(Entity):
    """A consumed offer (SAAS): ``name`` is the local alias of the offering application."""

    kind: ClassVar[str] = "remote-application"
    name: str
    offer_url: str
    offer_uuid: str
    source_model_uuid: str
    source_application: str
    endpoints: list[Endpoint] = Field(default_factory=list)
    life: Life = "alive"
    status: Status = Field(default_factory=lambda: Status(current="active"))

    @property
    def id(self) -> str:
        return self.name


class Offer(Entity):
    """An offered endpoint set of an application in this model."""

    kind: ClassVar[str] = "offer"
    uuid: str
    name: str
    application: str
    endpoints: dict[str, str] = Field(default_factory=dict)
    description: str = ""
    access: dict[str, str] = Field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.name


class Relation(Entity):
    """A relation.  Data bags and their version counters are keyed by unit or application name.

    ``versions`` grows by one with each effective change of a bag: ``relation-changed`` is level-triggered
    by comparing it with what a unit has seen.  ``in_scope`` lists the units whose ``relation-created`` ran.
    A cross-model relation exists once in each model; ``mirror`` names its other half as
    ``MODEL_UUID:RELATION_ID`` and bags are copied between both in the transaction that writes them.
    """

    kind: ClassVar[str] = "relation"
    number: int
    endpoints: list[Endpoint]
    life: Life = "alive"
    data: dict[str, dict[str, str]] = Field(default_factory=dict)
    versions: dict[str, int] = Field(default_factory=dict)
    in_scope: list[str] = Field(default_factory=list)
    suspended: bool = False
    mirror: str = ""

    @property
    def id(self) -> str:
        return str(self.number)

    @property
    def is_peer(self) -> bool:
        return len(self.endpoints) == 1

    @property
    def key(self) -> str:
        """Juju's relation key, requirer side first: ``glance:database mariadb:database``."""
        order = {"requirer": 0, "provider": 1, "peer": 2}
        ends = sorted(self.endpoints, key=lambda end: order[end.role])
        return " ".join(f"{end.application}:{end.name}" for end in ends)

    def endpoint_of(self, application: str) -> Endpoint | None:
        return next((end for end in self.endpoints if end.application == application), None)

    def other_end(self, application: str) -> Endpoint:
        """The remote end seen from ``application`` (a peer relation's own end)."""
        return next((end for end in self.endpoints if end.application != application), self.endpoints[0])


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


class SecretConsumer(BaseModel):
    """A reader of a secret: the revision it tracks and its own label for it."""

    revision: int = 0
    label: str = ""


class SecretRevision(BaseModel):
    """One revision; ``content`` values are base64 text and encrypted at rest by the store."""

    content: dict[str, str]
    created: str = Field(default_factory=now)
    expires: str = ""


class Secret(Entity):
    """A Juju secret.  ``owner`` is ``model``, an application name or a unit name."""

    kind: ClassVar[str] = "secret"
    uri: str
    owner: str
    label: str = ""
    description: str = ""
    rotate: str = "never"
    next_rotation: str = ""
    auto_prune: bool = False
    latest: int = 1
    revisions: dict[int, SecretRevision] = Field(default_factory=dict)
    grants: dict[str, dict[str, str]] = Field(default_factory=dict)
    consumers: dict[str, SecretConsumer] = Field(default_factory=dict)
    created: str = Field(default_factory=now)
    updated: str = Field(default_factory=now)

    @property
    def id(self) -> str:
        """The bare 20-character id without the ``secret:`` scheme."""
        return self.uri.removeprefix("secret:").rpartition("/")[2]


class Action(Entity):
    """An enqueued action (``juju-exec`` for Unit.run) of one unit."""

    kind: ClassVar[str] = "action"
    number: int
    operation: int
    unit: str
    name: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    status: Literal["pending", "running", "completed", "failed", "cancelled", "aborting", "aborted"] = (
        "pending"
    )
    results: dict[str, Any] = Field(default_factory=dict)
    message: str = ""
    log: list[dict[str, str]] = Field(default_factory=list)
    enqueued: str = Field(default_factory=now)
    started: str = ""
    completed: str = ""

    @property
    def id(self) -> str:
        return str(self.number)


class PendingResource(Entity):
    """A resource uploaded before its application exists; ``value`` is an image name or a file path."""

    kind: ClassVar[str] = "pending-resource"
    pending_id: str
    application: str
    name: str
    type: Literal["oci-image", "file"] = "oci-image"
    value: str = ""
    fingerprint: str = ""

    @property
    def id(self) -> str:
        return self.pending_id


ENTITY_TYPES: dict[str, type[Entity]] = {
    cls.kind: cls
    for cls in (
        User, Model, Charm, Application, RemoteApplication, Offer, Relation,
        Unit, Machine, Storage, Secret, Action, PendingResource,
    )
}  # fmt: skip
