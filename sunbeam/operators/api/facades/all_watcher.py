"""AllWatcher and AllModelWatcher: the next changes of a watcher, and ending it."""

from __future__ import annotations

from sunbeam.operators.api.call import Call
from sunbeam.operators.api.registry import method
from sunbeam.operators.api.watcher import Watcher, WatcherStopped
from sunbeam.operators.api.wire import Json


@method("AllWatcher.Next", "read")
async def next_deltas(call: Call) -> Json:
    deltas = await _watcher(call).next()
    call.require("read")
    return {"deltas": [delta.json() for delta in deltas]}


@method("AllWatcher.Stop", "read")
def stop(call: Call) -> Json:
    return _stop(call)


@method("AllModelWatcher.Next", "superuser")
async def next_deltas_of_all(call: Call) -> Json:
    deltas = await _watcher(call).next()
    return {"deltas": [delta.json() for delta in deltas]}


@method("AllModelWatcher.Stop", "superuser")
def stop_all(call: Call) -> Json:
    return _stop(call)


def _stop(call: Call) -> Json:
    _watcher(call).stop()
    del call.session.watchers[call.object_id]
    return {}


def _watcher(call: Call) -> Watcher:
    watcher = call.session.watchers.get(call.object_id)
    if watcher is None:
        raise WatcherStopped()
    return watcher
