from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sunbeam.operators.debug_log import DebugLog
from sunbeam.operators.entities import Application, Relation, Secret, SecretRevision, Unit
from sunbeam.operators.sealing import SealError
from sunbeam.operators.store import EntityChange, Store, StoreError

KEY = bytes(range(32))


def application(name: str = "glance") -> Application:
    return Application(model_uuid="m", name=name, charm_url=f"local:{name}-0")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "engine.db"


@pytest.fixture
def store(path: Path) -> Store:
    return Store.open(path, KEY)


def test_what_is_committed_is_there_after_reopening(store: Store, path: Path) -> None:
    with store.transaction() as tx:
        tx.put(application(), Unit(model_uuid="m", name="glance/0", application="glance"))
        tx.put(Relation(model_uuid="m", number=3, endpoints=[], versions={"glance/0": 2}))
    store.close()

    again = Store.open(path, KEY)

    relation = again.get(Relation, "m", "3")
    assert relation and relation.versions == {"glance/0": 2}
    assert [unit.name for unit in again.all(Unit, "m")] == ["glance/0"]
    assert again.all(Unit, "other") == []


def test_a_process_killed_before_the_end_of_the_block_leaves_nothing(store: Store, path: Path) -> None:
    with store.transaction() as tx:
        tx.put(application())
        other = sqlite3.connect(path).execute("SELECT count(*) FROM entity").fetchone()
        assert other == (0,)


def test_an_exception_rolls_live_entities_back_in_place(store: Store) -> None:
    with store.transaction() as tx:
        tx.put(application())
    glance = store.get(Application, "m", "glance")
    assert glance

    def change_then_fail() -> None:
        with store.transaction() as tx:
            glance.config["debug"] = True
            glance.scale = 3
            tx.put(glance, application("nova"))
            raise RuntimeError("boom")

    with pytest.raises(RuntimeError):
        change_then_fail()

    assert (glance.config, glance.scale) == ({}, 0)
    assert store.get(Application, "m", "glance") is glance
    assert store.get(Application, "m", "nova") is None


def test_subscribers_hear_what_really_changed(store: Store) -> None:
    heard: list[list[EntityChange]] = []
    with store.transaction() as tx:
        tx.put(application())
    glance = store.get(Application, "m", "glance")
    assert glance
    unsubscribe = store.subscribe(heard.append)

    with store.transaction() as tx:
        tx.put(glance)
    assert heard == []
    with store.transaction() as tx:
        glance.scale = 2
        tx.put(glance)
    with store.transaction() as tx:
        tx.delete(glance)
    unsubscribe()
    with store.transaction() as tx:
        tx.put(application("nova"))

    assert [[(change.entity.id, change.removed) for change in changes] for changes in heard] == [
        [("glance", False)],
        [("glance", True)],
    ]


def test_transactions_cannot_nest(store: Store) -> None:
    with store.transaction(), pytest.raises(StoreError), store.transaction():
        pass


def test_secret_contents_are_unreadable_in_the_file(store: Store, path: Path) -> None:
    secret = Secret(model_uuid="m", uri="secret:abc", owner="mariadb")
    secret.revisions[1] = SecretRevision(content={"password": "aHVudGVyMg=="})
    with store.transaction() as tx:
        tx.put(secret)
    store.close()

    raw = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"aHVudGVyMg" not in raw and b"hunter2" not in raw
    again = Store.open(path, KEY).get(Secret, "m", "abc")
    assert again and again.revisions[1].content == {"password": "aHVudGVyMg=="}
    with pytest.raises(SealError):
        Store.open(path, bytes(32))


def test_a_file_of_a_newer_schema_is_refused(store: Store, path: Path) -> None:
    store.close()
    sqlite3.connect(path).execute("PRAGMA user_version=99")
    with pytest.raises(StoreError, match="newer"):
        Store.open(path, KEY)


def test_the_debug_log_is_bounded_and_can_be_followed(tmp_path: Path) -> None:
    log = DebugLog.open(tmp_path / "log.db", kept=10)
    heard: list[str] = []
    log.follow(lambda record: heard.append(record.message))
    for number in range(25):
        log.append("m", "unit-glance-0", "INFO", "unit.glance/0.juju-log", str(number))
    log.append("other", "unit-x-0", "INFO", "juju", "elsewhere")

    messages = [record.message for record in log.records("m")]
    assert messages[-1] == "24" and len(messages) <= 20
    assert [record.message for record in log.records("m", limit=2)] == ["23", "24"]
    assert heard[-1] == "elsewhere"
