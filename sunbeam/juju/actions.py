"""Running charm actions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sunbeam.juju.errors import JujuError, JujuStuck
from sunbeam.juju.model import Model

FINAL = {"completed", "failed", "cancelled", "aborted", "error"}


@dataclass(frozen=True)
class ActionResult:
    """A finished action; ``output`` is what the charm set, without Juju's ``return-code``."""

    id: str
    status: str
    message: str
    output: dict[str, Any]


async def run_action(
    model: Model, unit: str, action: str, params: Mapping[str, Any] | None = None, *, timeout: float = 600
) -> dict[str, Any]:
    """Run ``action`` on ``unit`` (``APP/N``) and return its results.

    Raises JujuError with the charm's message when it fails, JujuStuck after ``timeout`` seconds.
    """
    result = await wait_action(model, await enqueue(model, unit, action, params), timeout=timeout)
    if result.status != "completed":
        raise JujuError(
            f"action {action} {result.status}",
            where=f"unit {unit} of model {model.name}",
            why=result.message,
            next_command="sunbeam debug log",
            id="action-failed",
        )
    return result.output


async def enqueue(model: Model, unit: str, action: str, params: Mapping[str, Any] | None = None) -> str:
    """Enqueue and return the action's id.  Raises JujuNotFound for an unknown unit or action."""
    request = {
        "receiver": "unit-" + unit.replace("/", "-"),
        "name": action,
        "parameters": dict(params or {}),
    }
    answer = await model.change("Action", "EnqueueOperation", {"actions": [request]})
    tag: str = answer["actions"][0]["action"]["tag"]
    return tag.removeprefix("action-")


async def wait_action(model: Model, id: str, *, timeout: float = 600) -> ActionResult:
    """Wait for a final status.  Raises JujuStuck after ``timeout`` seconds."""
    deadline = asyncio.get_running_loop().time() + timeout
    pause = 0.02
    while True:
        answer = await model.read("Action", "Actions", {"entities": [{"tag": f"action-{id}"}]})
        found = answer["results"][0]
        if found.get("status") in FINAL:
            output = dict(found.get("output") or {})
            output.pop("return-code", None)
            return ActionResult(id, found["status"], found.get("message") or "", output)
        if asyncio.get_running_loop().time() > deadline:
            raise JujuStuck(
                "the action has not ended",
                f"model {model.name}",
                {f"action {id}": f"{found.get('status')} for {timeout:.0f} s"},
                "sunbeam debug log",
            )
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 1.0)
