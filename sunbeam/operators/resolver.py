"""Which hook a unit runs next: a pure function of what is wanted and what its charm has seen.

The order is that of Juju's uniter: install, relation-created, leader-elected, config-changed, start,
workload events, secrets, actions, relations, update-status; a dying unit leaves its relations, gives up
its storage, stops and is removed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from sunbeam.operators.clock import later
from sunbeam.operators.entities import Life, Seen, SeenRelation, WorkloadState
from sunbeam.operators.hooks import Hook, HookKind
from sunbeam.operators.seen import JOINED_BUT_UNCHANGED

EXPIRY_REMINDER = timedelta(minutes=5)
"""How long after an unheeded secret-expired it is told again."""


@dataclass(frozen=True)
class RelationView:
    """A relation from one unit's side; ``members`` are the remote units in scope with their bag versions."""

    number: str
    endpoint: str
    remote_application: str
    is_peer: bool = False
    leaving: bool = False
    members: Mapping[str, int] = field(default_factory=dict)
    application_version: int = 0


@dataclass(frozen=True)
class OwnedSecretView:
    """A secret this unit answers for.  ``expiries``: time by revision; ``unused``: revisions nobody reads."""

    id: str
    latest: int
    next_rotation: str = ""
    expiries: Mapping[int, str] = field(default_factory=dict)
    unused: tuple[int, ...] = ()


@dataclass(frozen=True)
class UnitView:
    """Everything the next hook of a unit depends on.  Times are RFC 3339 texts in UTC."""

    name: str
    seen: Seen
    now: str
    life: Life = "alive"
    substrate_ready: bool = True
    charm_url: str = ""
    config_hash: str = ""
    boot_id: str = ""
    is_leader: bool = False
    has_subordinates: bool = False
    storage: tuple[str, ...] = ()
    relations: tuple[RelationView, ...] = ()
    containers: Mapping[str, WorkloadState] = field(default_factory=dict)
    read_secrets: Mapping[str, int] = field(default_factory=dict)
    owned_secrets: tuple[OwnedSecretView, ...] = ()
    actions: tuple[str, ...] = ()
    update_status_at: str = ""


def next_hook(view: UnitView) -> Hook | None:
    """The one hook to run now, or None if the unit's charm has seen everything."""
    if not view.substrate_ready:
        return None
    steps = _LIVING if view.life == "alive" else _LEAVING if view.seen.installed else ()
    return next((hook for step in steps for hook in step(view)), None)


def is_finished(view: UnitView) -> bool:
    """Whether a dying unit has nothing left to do, so that it can be forgotten."""
    return (
        view.life != "alive" and not view.has_subordinates and (view.seen.removed or not view.seen.installed)
    )


def next_moment(view: UnitView) -> str | None:
    """The earliest time at which ``next_hook`` may answer differently although nothing changed."""
    moments = [view.update_status_at] if view.update_status_at and view.life == "alive" else []
    for secret in view.owned_secrets:
        moments += [secret.next_rotation] if secret.next_rotation else []
        moments += [_expiry_due(view, secret, revision) for revision in secret.expiries]
    return min((moment for moment in moments if moment > view.now), default=None)


def is_moot(hook: Hook, view: UnitView) -> bool:
    """Whether a failed hook has lost its object since, so that retrying it would be wrong."""
    if hook.relation:
        relation = next((relation for relation in view.relations if relation.number == hook.relation), None)
        seen = view.seen.relations.get(hook.relation)
        if hook.kind == "relation-created":
            return relation is None or relation.leaving
        if relation is None or seen is None:
            return True
        return relation.leaving and hook.kind in ("relation-joined", "relation-changed")
    if hook.kind == "storage-attached":
        return hook.storage not in view.storage
    return view.life != "alive" and hook.kind not in ("storage-detaching", "stop", "remove")


def _storage_attached(view: UnitView) -> Iterator[Hook]:
    for tag in view.storage:
        if tag not in view.seen.storage:
            yield Hook(kind="storage-attached", storage=tag)


def _install(view: UnitView) -> Iterator[Hook]:
    if not view.seen.installed:
        yield Hook(kind="install", value=view.charm_url)


def _upgrade_charm(view: UnitView) -> Iterator[Hook]:
    if view.seen.charm_url != view.charm_url:
        yield Hook(kind="upgrade-charm", value=view.charm_url)


def _relation_created(view: UnitView) -> Iterator[Hook]:
    for relation in view.relations:
        if not relation.leaving and relation.number not in view.seen.relations:
            yield _relation_hook("relation-created", relation)


def _leader_elected(view: UnitView) -> Iterator[Hook]:
    if view.is_leader and not view.seen.leader:
        yield Hook(kind="leader-elected")


def _config_changed(view: UnitView) -> Iterator[Hook]:
    if view.seen.config_hash != view.config_hash:
        yield Hook(kind="config-changed", value=view.config_hash)


def _start(view: UnitView) -> Iterator[Hook]:
    if not view.seen.started or view.seen.boot_id != view.boot_id:
        yield Hook(kind="start", value=view.boot_id, at=view.now)


def _workload_events(view: UnitView) -> Iterator[Hook]:
    for container, state in view.containers.items():
        if state.boot_id and view.seen.pebble_ready.get(container) != state.boot_id:
            yield Hook(kind="pebble-ready", workload=container, value=state.boot_id)
        for notice in state.notices:
            yield from _custom_notice(view, container, notice)
        for check, status in state.checks.items():
            told = view.seen.checks.get(f"{container}/{check}", "up")
            if status in ("up", "down") and status != told:
                kind: HookKind = "pebble-check-failed" if status == "down" else "pebble-check-recovered"
                yield Hook(kind=kind, workload=container, check=check, value=status)


def _custom_notice(view: UnitView, container: str, notice: Mapping[str, str]) -> Iterator[Hook]:
    told = view.seen.notices.get(f"{container}/{notice['id']}", "")
    if notice["type"] == "custom" and notice["last-repeated"] > told:
        yield Hook(
            kind="pebble-custom-notice",
            workload=container,
            notice_id=notice["id"],
            notice_type=notice["type"],
            notice_key=notice["key"],
            value=notice["last-repeated"],
        )


def _secrets(view: UnitView) -> Iterator[Hook]:
    for id, latest in view.read_secrets.items():
        if view.seen.secrets.get(id, 0) < latest:
            yield Hook(kind="secret-changed", secret=id, version=latest)
    for secret in view.owned_secrets:
        if secret.next_rotation and secret.next_rotation <= view.now:
            yield Hook(kind="secret-rotate", secret=secret.id, version=secret.latest)
        for revision in secret.expiries:
            if _expiry_due(view, secret, revision) <= view.now:
                yield Hook(kind="secret-expired", secret=secret.id, version=revision, at=view.now)
        for revision in secret.unused:
            if f"{secret.id}/{revision}" not in view.seen.secret_removals:
                yield Hook(kind="secret-remove", secret=secret.id, version=revision)


def _expiry_due(view: UnitView, secret: OwnedSecretView, revision: int) -> str:
    told = view.seen.secret_expiries.get(f"{secret.id}/{revision}")
    return later(told, EXPIRY_REMINDER) if told else secret.expiries[revision]


def _actions(view: UnitView) -> Iterator[Hook]:
    for id in view.actions:
        yield Hook(kind="action", action=id)


def _departures(view: UnitView) -> Iterator[Hook]:
    for relation, seen in _entered_relations(view):
        for unit in sorted(seen.units):
            if relation.leaving or unit not in relation.members:
                departing = view.name if view.life != "alive" else unit
                yield _relation_hook(
                    "relation-departed", relation, remote_unit=unit, departing_unit=departing
                )
        if relation.leaving and not relation.is_peer:
            yield _relation_hook("relation-broken", relation)


def _arrivals_and_changes(view: UnitView) -> Iterator[Hook]:
    for relation, seen in _entered_relations(view):
        if relation.leaving:
            continue
        members = sorted(relation.members.items())
        for unit, version in members:
            if seen.units.get(unit) == JOINED_BUT_UNCHANGED:
                yield _relation_hook("relation-changed", relation, remote_unit=unit, version=version)
        for unit, version in members:
            if unit not in seen.units:
                yield _relation_hook("relation-joined", relation, remote_unit=unit)
            elif seen.units[unit] < version:
                yield _relation_hook("relation-changed", relation, remote_unit=unit, version=version)
        if seen.applications.get(relation.remote_application, 0) < relation.application_version:
            yield _relation_hook("relation-changed", relation, version=relation.application_version)


def _entered_relations(view: UnitView) -> Iterator[tuple[RelationView, SeenRelation]]:
    for relation in view.relations:
        seen = view.seen.relations.get(relation.number)
        if seen is not None:
            yield relation, seen


def _update_status(view: UnitView) -> Iterator[Hook]:
    if view.update_status_at and view.update_status_at <= view.now:
        yield Hook(kind="update-status", at=view.now)


def _storage_detaching(view: UnitView) -> Iterator[Hook]:
    for tag in view.seen.storage:
        yield Hook(kind="storage-detaching", storage=tag)


def _stop_and_remove(view: UnitView) -> Iterator[Hook]:
    if view.has_subordinates:
        return
    if not view.seen.stopped:
        yield Hook(kind="stop")
    if not view.seen.removed:
        yield Hook(kind="remove")


def _relation_hook(kind: str, relation: RelationView, **fields: str | int) -> Hook:
    return Hook.model_validate(
        {
            "kind": kind,
            "endpoint": relation.endpoint,
            "relation": relation.number,
            "remote_application": relation.remote_application,
            **fields,
        }
    )


Step = Callable[[UnitView], Iterator[Hook]]

_LIVING: tuple[Step, ...] = (
    _storage_attached,
    _install,
    _upgrade_charm,
    _relation_created,
    _leader_elected,
    _config_changed,
    _start,
    _workload_events,
    _secrets,
    _actions,
    _departures,
    _arrivals_and_changes,
    _update_status,
)
_LEAVING: tuple[Step, ...] = (_departures, _storage_detaching, _stop_and_remove)
