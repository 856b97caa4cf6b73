"""Sunbeam: what Juju has no facade for.  It is not advertised."""

from __future__ import annotations

from sunbeam.operators.api.call import Call
from sunbeam.operators.api.registry import method
from sunbeam.operators.api.wire import Json


@method("Sunbeam.ApiStatus", "superuser")
def api_status(call: Call) -> Json:
    """How often each method was called, and which requests found no implementation."""
    return {"calls": dict(call.services.calls), "not-implemented": dict(call.services.misses)}
