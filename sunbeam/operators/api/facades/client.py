"""Client: the status of a model, and watching it."""

from __future__ import annotations

from sunbeam.operators.api.call import Call
from sunbeam.operators.api.registry import method
from sunbeam.operators.api.status import full_status
from sunbeam.operators.api.wire import Json, Params


class StatusParams(Params):
    patterns: list[str] = []


@method("Client.FullStatus", "read")
def status(call: Call, params: StatusParams) -> Json:
    return full_status(call.view, params.patterns)


@method("Client.WatchAll", "read")
def watch_all(call: Call) -> Json:
    return {"watcher-id": call.session.add_watcher(call.services.feeds.watch(call.model))}
