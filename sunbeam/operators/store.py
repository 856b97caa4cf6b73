"""The operator engine's state: live entities in memory, one JSON document each in a SQLite file."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from sunbeam.operators.debug_log import DebugLog, LogRecord
from sunbeam.operators.entities import ENTITY_TYPES, Entity
from sunbeam.operators.sealing import SecretSealer

logger = logging.getLogger(__name__)

EntityT = TypeVar("EntityT", bound=Entity)
Key = tuple[str, str, str]
Migration = Callable[[sqlite3.Connection], None]


def _create_entity_table(connection: sqlite3.Connection) -> None:
    connection.execute(
        "CREATE TABLE entity (kind TEXT NOT NULL, model_uuid TEXT NOT NULL, id TEXT NOT NULL,"
        " body TEXT NOT NULL, PRIMARY KEY (kind, model_uuid, id)) WITHOUT ROWID"
    )


MIGRATIONS: tuple[Migration, ...] = (_create_entity_table,)
"""Step N brings a file from schema version N to N + 1 (SQLite's ``user_version``); only ever append."""


@dataclass(frozen=True)
class EntityChange:
    """What a committed transaction did to one entity."""

    entity: Entity
    removed: bool = False


Subscriber = Callable[[list[EntityChange]], None]


class StoreError(Exception):
    """The store was used against its rules, or its file is not one this version can read."""


@dataclass
class Transaction:
    """Collects what one ``with store.transaction()`` block changes; nothing is written before its end."""

    written: dict[Key, Entity] = field(default_factory=dict)
    deleted: dict[Key, Entity] = field(default_factory=dict)

    def put(self, *entities: Entity) -> None:
        """Write ``entities`` as they are at the end of the block.  Unchanged ones cost nothing."""
        for entity in entities:
            self.deleted.pop(_key(entity), None)
            self.written[_key(entity)] = entity

    def delete(self, *entities: Entity) -> None:
        for entity in entities:
            self.written.pop(_key(entity), None)
            self.deleted[_key(entity)] = entity


def _key(entity: Entity) -> Key:
    return entity.kind, entity.model_uuid, entity.id


class Store:
    """Entities by kind, model and id.  Used from one event loop only; a block must not ``await``."""

    def __init__(self, connection: sqlite3.Connection, sealer: SecretSealer, debug_log: DebugLog) -> None:
        self.debug_log = debug_log
        self._connection = connection
        self._sealer = sealer
        self._entities: dict[tuple[str, str], dict[str, Entity]] = {}
        self._bodies: dict[Key, str] = {}
        self._subscribers: list[Subscriber] = []
        self._busy = False

    @classmethod
    def open(cls, path: Path, key: bytes) -> Store:
        """Open or create the SQLite file ``path``; ``key`` (32 bytes) seals secret contents in it.

        Debug logs go to ``NAME-log.db`` beside it.  Raises StoreError for a file of a newer schema, or
        if ``key`` does not open the secrets in it.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        _migrate(connection, path)
        store = cls(connection, SecretSealer(key), DebugLog.open(path.with_name(f"{path.stem}-log.db")))
        store._load()
        return store

    def close(self) -> None:
        self._connection.close()
        self.debug_log.close()

    def get(self, cls: type[EntityT], model_uuid: str, id: str) -> EntityT | None:
        """The live entity; it may be changed only inside a transaction that puts it."""
        entity = self._entities.get((cls.kind, model_uuid), {}).get(id)
        return entity if isinstance(entity, cls) else None

    def all(self, cls: type[EntityT], model_uuid: str | None = None) -> list[EntityT]:
        """All entities of a kind, of one model or of every model, in order of creation."""
        groups = (
            [self._entities.get((cls.kind, model_uuid), {})]
            if model_uuid is not None
            else [group for (kind, _), group in self._entities.items() if kind == cls.kind]
        )
        return [entity for group in groups for entity in group.values() if isinstance(entity, cls)]

    @contextmanager
    def transaction(self, durable: bool = True) -> Iterator[Transaction]:
        """Change entities; all of it is written at the end of the block, or none if it raises.

        After an exception the live entities are again what is stored.  ``durable=False`` is for what may
        be lost at a power cut without harm (a status text): it is atomic, but not yet flushed to disk.
        """
        if self._busy:
            raise StoreError("A transaction is already open: blocks cannot nest, nor run in a subscriber.")
        self._busy = True
        try:
            transaction = Transaction()
            try:
                yield transaction
                changes, bodies = self._difference(transaction)
                if changes:
                    self._write(changes, bodies, durable)
            except BaseException:
                self._restore()
                raise
            self._apply(changes, bodies)
            self._notify(changes)
        finally:
            self._busy = False

    def subscribe(self, callback: Subscriber) -> Callable[[], None]:
        """Call ``callback`` after each commit that changed something; what is returned ends that.

        It may be called twice.
        """
        self._subscribers.append(callback)

        def end() -> None:
            with suppress(ValueError):
                self._subscribers.remove(callback)

        return end

    def log(self, model_uuid: str, tag: str, level: str, module: str, message: str) -> None:
        """Append to the debug log; ``tag`` is the writing entity's (``unit-glance-0``)."""
        self.debug_log.append(model_uuid, tag, level, module, message)

    def logs(self, model_uuid: str, limit: int | None = None) -> list[LogRecord]:
        """The kept debug log of a model, oldest first; ``limit`` keeps the last ones."""
        return self.debug_log.records(model_uuid, limit)

    def _load(self) -> None:
        for kind, model_uuid, id, body in self._connection.execute(
            "SELECT kind, model_uuid, id, body FROM entity"
        ):
            entity = ENTITY_TYPES[kind].model_validate_json(self._sealer.open(kind, model_uuid, id, body))
            self._entities.setdefault((kind, model_uuid), {})[id] = entity
            self._bodies[kind, model_uuid, id] = entity.model_dump_json()

    def _difference(self, transaction: Transaction) -> tuple[list[EntityChange], dict[Key, str]]:
        """What really changed, with the new documents."""
        changes, bodies = [], {}
        for key, entity in transaction.written.items():
            body = entity.model_dump_json()
            if self._bodies.get(key) != body:
                changes.append(EntityChange(entity))
                bodies[key] = body
        for key, entity in transaction.deleted.items():
            if key in self._bodies:
                changes.append(EntityChange(entity, removed=True))
        return changes, bodies

    def _write(self, changes: list[EntityChange], bodies: dict[Key, str], durable: bool) -> None:
        self._connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for change in changes:
                key = _key(change.entity)
                if change.removed:
                    self._connection.execute("DELETE FROM entity WHERE kind=? AND model_uuid=? AND id=?", key)
                else:
                    self._connection.execute(
                        "INSERT OR REPLACE INTO entity (kind, model_uuid, id, body) VALUES (?, ?, ?, ?)",
                        (*key, self._sealer.seal(*key, bodies[key])),
                    )
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _apply(self, changes: list[EntityChange], bodies: dict[Key, str]) -> None:
        self._bodies.update(bodies)
        for change in changes:
            kind, model_uuid, id = key = _key(change.entity)
            group = self._entities.setdefault((kind, model_uuid), {})
            if change.removed:
                group.pop(id, None)
                self._bodies.pop(key, None)
            else:
                group[id] = change.entity

    def _restore(self) -> None:
        """Bring every live entity back to its stored document, in place: others hold references to it."""
        for (kind, model_uuid), group in self._entities.items():
            for id, entity in group.items():
                body = self._bodies[kind, model_uuid, id]
                if entity.model_dump_json() != body:
                    entity.__dict__.update(type(entity).model_validate_json(body).__dict__)

    def _notify(self, changes: list[EntityChange]) -> None:
        if not changes:
            return
        for subscriber in list(self._subscribers):
            try:
                subscriber(changes)
            except Exception:
                logger.exception("A subscriber of the operator engine's store failed")


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise StoreError(
            f"{path} has schema version {version}, newer than {len(MIGRATIONS)}, the newest this"
            " version of Sunbeam reads.  Install the version that wrote it."
        )
    for number, migration in enumerate(MIGRATIONS[version:], start=version + 1):
        connection.execute("BEGIN IMMEDIATE")
        migration(connection)
        connection.execute(f"PRAGMA user_version={number}")
        connection.execute("COMMIT")
