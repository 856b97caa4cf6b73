"""AllWatcher: what changed in a model, coalesced for each watcher on its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from sunbeam.operators.api.deltas import Delta, Key, deltas_after, removal, snapshot
from sunbeam.operators.entities import Model
from sunbeam.operators.operations.edit import ModelView
from sunbeam.operators.operations.errors import OperationError
from sunbeam.operators.store import EntityChange, Store

COALESCING_SECONDS = 0.02
"""How long a woken watcher waits for the rest of a burst."""


class WatcherStopped(OperationError):
    code = "stopped"

    def __init__(self) -> None:
        super().__init__("watcher was stopped")


class Watcher:
    """Holds at most three deltas per entity, so a slow client costs no more than its model is large."""

    def __init__(self, deltas: Iterable[Delta], on_stop: Callable[[Watcher], None]) -> None:
        self._pending: dict[Key, list[Delta]] = {}
        self._woken = asyncio.Event()
        self._stopped = False
        self._delivered_once = False
        self._on_stop = on_stop
        for delta in deltas:
            self.push(delta)
        self._woken.set()

    def push(self, delta: Delta) -> None:
        """Replace what the client has not seen yet of the same entity.

        Kept in front of it: a removal (the entity is a new one), and the first delta of an action
        (clients wait for the action they enqueued to appear as pending).
        """
        waiting = self._pending.setdefault(delta.key, [])
        if delta.is_removal:
            waiting.clear()
        elif waiting and _may_be_replaced(waiting[-1], delta):
            waiting.pop()
        waiting.append(delta)
        self._woken.set()

    async def next(self) -> list[Delta]:
        """Everything since the last call; the first call answers with the whole model, at once.

        Raises WatcherStopped.
        """
        await self._woken.wait()
        if self._delivered_once and not self._stopped:
            await asyncio.sleep(COALESCING_SECONDS)
        if self._stopped:
            raise WatcherStopped()
        self._delivered_once = True
        self._woken.clear()
        taken, self._pending = self._pending, {}
        return [delta for deltas in taken.values() for delta in deltas]

    def stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._woken.set()
            self._on_stop(self)


def _may_be_replaced(waiting: Delta, delta: Delta) -> bool:
    if waiting.is_pending_action:
        return delta.is_pending_action
    return not waiting.is_removal


class _ModelFeed:
    """The latest deltas of one watched model: unchanged ones are not told again."""

    def __init__(self, view: ModelView) -> None:
        self.latest: dict[Key, Delta] = {delta.key: delta for delta in snapshot(view)}
        self.watchers: set[Watcher] = set()

    def tell(self, delta: Delta) -> None:
        known = self.latest.get(delta.key)
        if known == delta or (delta.is_removal and known is None):
            return
        if delta.is_removal:
            del self.latest[delta.key]
        else:
            self.latest[delta.key] = delta
        for watcher in list(self.watchers):
            watcher.push(delta)


class Feeds:
    """Turns the store's changes into deltas for the watchers of each model."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._feeds: dict[str, _ModelFeed] = {}
        self._everywhere: set[Watcher] = set()
        self._unsubscribe = store.subscribe(self._changed)

    def close(self) -> None:
        self._unsubscribe()
        for feed in list(self._feeds.values()):
            for watcher in list(feed.watchers):
                watcher.stop()

    def watch(self, model: Model) -> Watcher:
        """A watcher that begins with the whole model."""
        feed = self._feed(model)
        watcher = Watcher(feed.latest.values(), lambda stopped: self._forget(model.model_uuid, stopped))
        feed.watchers.add(watcher)
        return watcher

    def watch_everything(self) -> Watcher:
        """A watcher of all models, those to come included."""
        feeds = [self._feed(model) for model in self._store.all(Model)]
        watcher = Watcher(
            (delta for feed in feeds for delta in feed.latest.values()), self._forget_everywhere
        )
        self._everywhere.add(watcher)
        for feed in feeds:
            feed.watchers.add(watcher)
        return watcher

    def _feed(self, model: Model) -> _ModelFeed:
        feed = self._feeds.get(model.model_uuid)
        if feed is None:
            feed = self._feeds[model.model_uuid] = _ModelFeed(ModelView(self._store, model))
        return feed

    def _changed(self, changes: list[EntityChange]) -> None:
        by_model: dict[str, list[EntityChange]] = {}
        for change in changes:
            by_model.setdefault(change.entity.model_uuid, []).append(change)
        for model_uuid, own in by_model.items():
            model = self._store.get(Model, model_uuid, model_uuid)
            if model is None:
                self._model_is_gone(model_uuid, own)
                continue
            if self._everywhere and model_uuid not in self._feeds:
                self._begin_everywhere(model)
            feed = self._feeds.get(model_uuid)
            if feed is not None:
                for delta in deltas_after(ModelView(self._store, model), own):
                    feed.tell(delta)

    def _begin_everywhere(self, model: Model) -> None:
        feed = self._feed(model)
        for watcher in self._everywhere:
            feed.watchers.add(watcher)
            for delta in feed.latest.values():
                watcher.push(delta)

    def _model_is_gone(self, model_uuid: str, changes: list[EntityChange]) -> None:
        feed = self._feeds.pop(model_uuid, None)
        removed = next((change.entity for change in changes if isinstance(change.entity, Model)), None)
        if feed is None or removed is None:
            return
        feed.tell(removal(removed))
        for watcher in feed.watchers - self._everywhere:
            watcher.stop()

    def _forget(self, model_uuid: str, watcher: Watcher) -> None:
        feed = self._feeds.get(model_uuid)
        if feed is not None:
            feed.watchers.discard(watcher)
            if not feed.watchers:
                del self._feeds[model_uuid]

    def _forget_everywhere(self, watcher: Watcher) -> None:
        self._everywhere.discard(watcher)
        for model_uuid in list(self._feeds):
            self._forget(model_uuid, watcher)
