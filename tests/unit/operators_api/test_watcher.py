"""AllWatcher: a client that applies its deltas ends with what the store has, whatever the pace."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunbeam.operators.api import watcher as watcher_module
from sunbeam.operators.api.deltas import Delta
from sunbeam.operators.api.watcher import Watcher, WatcherStopped
from sunbeam.operators.operations.actions import cancel, enqueue, new_operation
from sunbeam.operators.operations.config import apply_settings
from sunbeam.operators.operations.edit import edit
from tests.unit.operators_api.controller_fake import MODEL, FakeController

KINDS = ("unit", "action")
STATUSES = ("pending", "running", "completed")


def delta(kind: str, id: str, status: str) -> Delta:
    change = "remove" if status == "gone" else "change"
    return Delta(MODEL, kind, id, change, {"id": id, "status": status})


@pytest.fixture(autouse=True)
def no_coalescing_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher_module, "COALESCING_SECONDS", 0)


steps = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(KINDS), st.sampled_from("ab"), st.sampled_from((*STATUSES, "gone"))),
        st.just("next"),
    ),
    max_size=40,
)


@given(steps)
def test_a_client_ends_with_what_is_and_sees_each_action_pending(
    steps: list[tuple[str, str, str] | str],
) -> None:
    async def play() -> None:
        watcher = Watcher([], lambda _: None)
        await watcher.next()
        truth: dict[tuple[str, str], str] = {}
        client: dict[tuple[str, str], str] = {}
        told: list[Delta] = []
        waiting = False

        async def take() -> None:
            for item in await watcher.next():
                told.append(item)
                if item.is_removal:
                    client.pop((item.kind, item.id), None)
                else:
                    client[item.kind, item.id] = item.data["status"]

        pending_since_gone: dict[str, bool] = {}
        for step in steps:
            if isinstance(step, str):
                if waiting:
                    await take()
                    waiting = False
                continue
            kind, id, status = step
            if status == "gone":
                truth.pop((kind, id), None)
            else:
                truth[kind, id] = status
            watcher.push(delta(kind, id, status))
            waiting = True
            assert all(len(queue) <= 3 for queue in watcher._pending.values())
            if kind == "action" and status == "pending":
                pending_since_gone[id] = True
            elif status == "gone":
                pending_since_gone.pop(id, None)
        if waiting:
            await take()
        assert client == truth
        for id in pending_since_gone:
            assert any(item.is_pending_action and item.id == id for item in told)

    asyncio.run(play())


async def test_the_first_answer_is_the_whole_model_and_the_next_one_waits(fake: FakeController) -> None:
    fake.deploy(fake.add_charm("source"))
    watcher = fake.services.feeds.watch(fake.model)
    kinds = [item.kind for item in await watcher.next()]
    assert kinds == ["model", "charm", "application", "unit"]
    waiting = asyncio.create_task(watcher.next())
    await asyncio.sleep(0)
    assert not waiting.done()
    fake.deploy(fake.add_charm("sink"))
    assert {item.kind for item in await waiting} == {"charm", "application", "unit"}


async def test_what_clients_do_not_see_wakes_nobody(fake: FakeController) -> None:
    fake.deploy(fake.add_charm("source", provides={"db": {"interface": "x"}}))
    fake.deploy(fake.add_charm("sink", requires={"db": {"interface": "x"}}))
    relation = fake.relate("source", "sink")
    watcher = fake.services.feeds.watch(fake.model)
    await watcher.next()
    with fake.store.transaction() as tx:
        relation.data["source"] = {"password": "hidden"}
        tx.put(relation)
    assert watcher._pending == {}


async def test_an_action_is_first_told_pending(fake: FakeController) -> None:
    application = fake.deploy(fake.add_charm("source", actions={"go": {}}))
    watcher = fake.services.feeds.watch(fake.model)
    await watcher.next()
    with edit(fake.store, fake.model) as opened:
        action = enqueue(opened, new_operation(opened), opened.unit("source/0"), "go", {})
    with edit(fake.store, fake.model) as opened:
        cancel(opened, action)
    with edit(fake.store, fake.model) as opened:
        apply_settings(application, opened.charm_of(application), {"trust": True})
        opened.put(application)
    statuses = [item.data["status"] for item in await watcher.next() if item.kind == "action"]
    assert statuses == ["pending", "cancelled"]


async def test_a_unit_is_told_again_when_its_charm_changes(fake: FakeController) -> None:
    fake.deploy(fake.add_charm("source"))
    watcher = fake.services.feeds.watch(fake.model)
    await watcher.next()
    application = fake.view.application("source")
    with fake.store.transaction() as tx:
        application.charm_url = "local:source-1"
        tx.put(application)
    deltas = await watcher.next()
    assert {item.kind: item.data["charm-url"] for item in deltas} == {
        "application": "local:source-1",
        "unit": "local:source-1",
    }


async def test_watchers_end_with_their_model_and_when_stopped(fake: FakeController) -> None:
    first, second = fake.services.feeds.watch(fake.model), fake.services.feeds.watch(fake.model)
    everything = fake.services.feeds.watch_everything()
    await first.next()
    await everything.next()
    first.stop()
    with pytest.raises(WatcherStopped):
        await first.next()
    with fake.store.transaction() as tx:
        tx.delete(fake.model)
    with pytest.raises(WatcherStopped):
        await second.next()
    assert [(item.kind, item.change) for item in await everything.next()] == [("model", "remove")]
    fake.add_model("later", "later")
    assert [item.data["name"] for item in await everything.next()] == ["later"]


async def test_feeds_forget_models_nobody_watches(fake: FakeController) -> None:
    watcher = fake.services.feeds.watch(fake.model)
    watcher.stop()
    assert fake.services.feeds._feeds == {}
