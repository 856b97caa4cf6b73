"""One running hook: what its tools may see, and the writes that take effect only if it succeeds."""

from __future__ import annotations

import secrets as random_source
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from sunbeam.operators import bags
from sunbeam.operators.charm_metadata import storages
from sunbeam.operators.clock import Clock, stamp
from sunbeam.operators.entities import (
    Action,
    Application,
    Charm,
    Model,
    Relation,
    Secret,
    Unit,
)
from sunbeam.operators.folders import EngineFolders
from sunbeam.operators.hooks import Hook
from sunbeam.operators.operations import secrets
from sunbeam.operators.store import Store, Transaction
from sunbeam.operators.unit_storage import add as add_storage

SecretChange = Callable[[Secret], object]


@dataclass
class HookContext:
    """``id`` proves that a tool call belongs to this hook; it is valid while the hook runs."""

    store: Store
    clock: Clock
    folders: EngineFolders
    model: Model
    application: Application
    charm: Charm
    unit: Unit
    hook: Hook
    id: str = ""
    bag_writes: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    state_writes: dict[str, str | None] = field(default_factory=dict)
    ports: set[str] = field(default_factory=set)
    storage_additions: list[tuple[str, int]] = field(default_factory=list)
    _new_secrets: dict[str, Secret] = field(default_factory=dict)
    _secret_drafts: dict[str, Secret] = field(default_factory=dict)
    _secret_changes: list[tuple[str, SecretChange]] = field(default_factory=list)
    _removed_secrets: set[str] = field(default_factory=set)
    action_failed: bool = False
    logged_errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.id = f"{self.unit.name}-{self.hook.name or self.hook.action}-{random_source.token_hex(16)}"
        self.ports = set(self.unit.ports)

    @property
    def is_leader(self) -> bool:
        return self.application.leader == self.unit.name

    @property
    def action(self) -> Action | None:
        return self.store.get(Action, self.unit.model_uuid, self.hook.action) if self.hook.action else None

    @property
    def now(self) -> str:
        return stamp(self.clock.now())

    def relation(self, number: str) -> Relation | None:
        """A relation of this unit's application, by number."""
        relation = self.store.get(Relation, self.unit.model_uuid, number)
        return relation if relation and relation.endpoint_of(self.application.name) else None

    def bag(self, relation: Relation, owner: str) -> dict[str, str]:
        """The bag of ``owner`` as this hook sees it: with its own writes, if it is its own."""
        merged = {**relation.data.get(owner, {}), **self.bag_writes.get((relation.id, owner), {})}
        return {key: value for key, value in merged.items() if value != ""}

    def charm_state(self) -> dict[str, str]:
        merged = {**self.unit.charm_state, **self.state_writes}
        return {key: value for key, value in merged.items() if value is not None}

    def find_secret(self, id: str) -> Secret:
        """A secret as this hook sees it, pending changes included.  Raises SecretNotFound."""
        bare = id.removeprefix("secret:").rpartition("/")[2]
        if bare in self._removed_secrets:
            raise secrets.SecretNotFound(id)
        draft = self._secret_drafts.get(bare)
        return draft or secrets.find(self.store, self.unit.model_uuid, id)

    def find_secret_by_label(self, label: str) -> Secret:
        for draft in self._secret_drafts.values():
            if draft.label == label and secrets.is_owner(draft, self.unit.model_uuid, self.unit.name):
                return draft
        found = secrets.find_by_label(self.store, self.unit.model_uuid, self.unit.name, label)
        return self.find_secret(found.id)

    def owned_secrets(self) -> list[Secret]:
        """The secrets this unit may manage now."""
        known = {secret.id: secret for secret in self.store.all(Secret, self.unit.model_uuid)}
        known.update(self._secret_drafts)
        return [
            secret
            for id, secret in known.items()
            if id not in self._removed_secrets and self.may_manage(secret)
        ]

    def may_manage(self, secret: Secret) -> bool:
        return secrets.may_manage(secret, self.unit.model_uuid, self.unit.name, self.is_leader)

    def add_secret(self, secret: Secret) -> None:
        self._new_secrets[secret.id] = secret
        self._secret_drafts[secret.id] = secret.model_copy(deep=True)

    def change_secret(self, secret: Secret, change: SecretChange) -> None:
        """Apply ``change`` to what this hook sees now, and to the stored secret if the hook succeeds."""
        draft = self._secret_drafts.setdefault(secret.id, secret.model_copy(deep=True))
        change(draft)
        self._secret_changes.append((secret.id, change))

    def remove_secret(self, secret: Secret, revision: int | None) -> None:
        if revision is None:
            self._removed_secrets.add(secret.id)
        else:
            self.change_secret(secret, partial(secrets.remove_revision, revision=revision))

    def track_secret(self, secret: Secret, *, refresh: bool, label: str | None) -> int:
        """The revision this unit reads from now on; recorded at once, whether or not the hook succeeds.

        Only of a secret that this hook changes it is recorded with those changes.
        """
        reader = secrets.reader_name(secret, self.unit.model_uuid, self.unit.name)
        change = partial(secrets.track, reader=reader, refresh=refresh, label=label)
        if secret.id in self._secret_drafts:
            self.change_secret(secret, change)
        else:
            with self.store.transaction() as tx:
                change(secret)
                tx.put(secret)
        return secret.consumers[reader].revision

    def commit(self, tx: Transaction) -> None:
        """Make the buffered writes part of ``tx``; the unit itself is put by the caller."""
        for (number, owner), values in self.bag_writes.items():
            relation = self.relation(number)
            if relation is not None and bags.write_bag(self.store, tx, relation, owner, values):
                self._has_seen_own_write(relation, owner)
        for key, value in self.state_writes.items():
            if value is None:
                self.unit.charm_state.pop(key, None)
            else:
                self.unit.charm_state[key] = value
        self.unit.ports = sorted(self.ports)
        self._commit_storage(tx)
        self._commit_secrets(tx)

    def _has_seen_own_write(self, relation: Relation, owner: str) -> None:
        """A peer relation's application bag is also the remote one: nobody is told of his own write."""
        seen = self.unit.seen.relations.get(relation.id)
        if relation.is_peer and owner == self.application.name and seen is not None:
            seen.applications[owner] = relation.versions[owner]

    def _commit_storage(self, tx: Transaction) -> None:
        declared = {storage.name: storage for storage in storages(self.charm)}
        for name, count in self.storage_additions:
            for _ in range(count):
                folder = self.folders.storage(self.unit.model_uuid)
                add_storage(self.store, tx, self.unit, declared[name], folder)

    def _commit_secrets(self, tx: Transaction) -> None:
        for id, change in self._secret_changes:
            secret = self._new_secrets.get(id) or self._stored_secret(id)
            if secret is not None:
                change(secret)
                tx.put(secret)
        tx.put(*self._new_secrets.values())
        for id in self._removed_secrets:
            gone = self._new_secrets.get(id) or self._stored_secret(id)
            if gone is not None:
                tx.delete(gone)

    def _stored_secret(self, id: str) -> Secret | None:
        """None if its owner removed it while this hook ran."""
        return next((secret for secret in self.store.all(Secret) if secret.id == id), None)
