"""Pinger: clients keep their connection alive with it."""

from __future__ import annotations

from sunbeam.operators.api.call import Call
from sunbeam.operators.api.registry import method
from sunbeam.operators.api.wire import Json


@method("Pinger.Ping", "login")
def ping(call: Call) -> Json:
    return {}
