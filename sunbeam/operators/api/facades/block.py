"""Block: this controller has no blocks on changes."""

from __future__ import annotations

from sunbeam.operators.api.call import Call
from sunbeam.operators.api.registry import method
from sunbeam.operators.api.wire import Json


@method("Block.List", "read")
def list_blocks(call: Call) -> Json:
    return {"results": []}
