"""Waiting for a model: until it is settled, or until it is known that it will not be.

There is no fixed limit while there is progress: something is in a state in which it was not before.  A wait
ends early when units stay in trouble, and gives up after a quiet period without progress (design D8).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing, suppress

from sunbeam.juju.errors import JujuError, JujuStuck
from sunbeam.juju.model import Model
from sunbeam.juju.status import ApplicationStatus, ModelStatus, State, UnitStatus, full_status

Reasons = dict[str, str]
PROVISIONING_ERROR = "provisioning error"
"""Juju's status of a machine that could not be made."""


async def changes(model: Model, *, least: float = 0.2, most: float = 5.0) -> AsyncGenerator[None, None]:
    """Yield at once, then after each change of the model, between ``least`` and ``most`` seconds apart.

    Uses an AllWatcher as a bell only, so that nothing is kept in memory.  Close it (``aclosing``):
    it ends with a request to the model.
    """
    watcher = ""
    bell: asyncio.Task[None] | None = None
    try:
        while True:
            if bell is None or bell.done():
                if bell is not None and bell.exception() is not None:
                    watcher = ""
                watcher = watcher or await _watch(model)
                bell = asyncio.create_task(_next(model, watcher))
            yield
            await asyncio.sleep(least)
            await asyncio.wait({bell}, timeout=most)
    finally:
        if bell is not None:
            bell.cancel()
            with suppress(JujuError, asyncio.CancelledError):
                await bell
        if watcher:
            with suppress(JujuError):
                await model.link.request("AllWatcher", "Stop", {"Id": watcher})


async def _watch(model: Model) -> str:
    """A new watcher that has already told the present state."""
    watcher = str((await model.read("Client", "WatchAll"))["watcher-id"])
    await _next(model, watcher)
    return watcher


async def _next(model: Model, watcher: str) -> None:
    await model.link.request("AllWatcher", "Next", {"Id": watcher})


async def wait_until(
    model: Model,
    reasons: Callable[[ModelStatus], Reasons],
    *,
    what: str,
    failed: Callable[[ModelStatus], Reasons] = lambda status: {},
    on_progress: Callable[[Reasons], None] | None = None,
    busy: Callable[[], bool] = lambda: False,
    grace: float = 60.0,
    quiet: float = 600.0,
) -> ModelStatus:
    """Wait until ``reasons`` (why not yet, by unit) is empty; returns the status that was so.

    While this process is ``busy`` with what units need, it is not quiet.

    ``on_progress`` gets the reasons whenever they change.  Raises JujuStuck after ``grace`` seconds without
    progress while ``failed`` names something, or after ``quiet`` seconds without progress.
    """
    clock = asyncio.get_running_loop().time
    known: set[object] = set()
    last_reasons: Reasons | None = None
    progressed = worked = clock()
    async with aclosing(changes(model)) as stream:
        async for _ in stream:
            status = await full_status(model)
            open_reasons = reasons(status)
            if on_progress is not None and open_reasons != last_reasons:
                on_progress(open_reasons)
                last_reasons = open_reasons
            if not open_reasons:
                return status
            if not (states := _states(status)) <= known:
                known |= states
                progressed = clock()
            still = clock() - progressed
            failures = failed(status)
            if failures and still > grace:
                raise JujuStuck(what, f"model {model.name}", failures, "sunbeam debug log")
            if busy():
                worked = clock()
            if min(still, clock() - worked) > quiet:
                raise JujuStuck(what, f"model {model.name}", open_reasons, "sunbeam debug log")
    raise AssertionError("the stream of changes has no end")


async def wait_active(
    model: Model,
    applications: Collection[str] | None = None,
    *,
    on_progress: Callable[[Reasons], None] | None = None,
    busy: Callable[[], bool] = lambda: False,
    grace: float = 60.0,
    quiet: float = 600.0,
) -> ModelStatus:
    """Wait until every unit of the named applications (default: all) is active and idle.

    Raises JujuStuck: units in error or blocked for ``grace`` seconds, or nothing changes for ``quiet``.
    """
    return await wait_until(
        model,
        lambda status: not_active(status, applications),
        what="not every application became active",
        failed=lambda status: in_trouble(status, applications),
        on_progress=on_progress,
        busy=busy,
        grace=grace,
        quiet=quiet,
    )


def not_active(status: ModelStatus, applications: Collection[str] | None = None) -> Reasons:
    """Why each unit is not active and idle; applications that miss units or are absent are named too."""
    reasons: Reasons = {}
    for name in applications if applications is not None else ():
        if name not in status.applications:
            reasons[name] = "is not deployed"
    for application in _chosen(status, applications):
        if len(application.units) < application.scale and not application.subordinate_to:
            reasons[application.name] = f"has {len(application.units)} of {application.scale} units"
        for unit in _all_units(application):
            if unit.workload.current != "active" or unit.agent.current != "idle":
                reasons[unit.name] = _machine_problem(status, unit) or why(unit)
    return reasons


def in_trouble(status: ModelStatus, applications: Collection[str] | None = None) -> Reasons:
    """Units whose hook failed, whose pod does not start, or whose charm waits for a person."""
    return {
        unit.name: _machine_problem(status, unit) or why(unit)
        for application in _chosen(status, applications)
        for unit in _all_units(application)
        if unit.workload.current in ("error", "blocked")
        or unit.agent.current in ("error", "failed")
        or _machine_problem(status, unit)
    }


def _machine_problem(status: ModelStatus, unit: UnitStatus) -> str:
    machine = status.machines.get(unit.machine)
    if machine is None or machine.instance.current != PROVISIONING_ERROR:
        return ""
    return f"machine {machine.id}: {machine.instance.message}"


def why(unit: UnitStatus) -> str:
    """One line on a unit's state: ``waiting: for database`` or ``executing: database-relation-changed``.

    What an agent at rest says comes first: it is about the pod, without which the charm can only wait.
    """
    if unit.agent.message and unit.agent.current != "executing":
        return unit.agent.message
    state = unit.workload if unit.workload.current != "active" or unit.agent.current == "idle" else unit.agent
    return f"{state.current}: {state.message}" if state.message else state.current


def _chosen(status: ModelStatus, applications: Collection[str] | None) -> list[ApplicationStatus]:
    return [
        application
        for name, application in status.applications.items()
        if applications is None or name in applications
    ]


def _all_units(application: ApplicationStatus) -> list[UnitStatus]:
    units = list(application.units.values())
    return units + [sub for unit in units for sub in unit.subordinates.values()]


def _states(status: ModelStatus) -> set[object]:
    """What each thing of the model is doing, without since when: a hook that fails again is no progress."""
    units = {(unit.name, _words(unit.workload), _words(unit.agent)) for unit in status.units()}
    machines = {(each.id, _words(each.agent), _words(each.instance)) for each in status.machines.values()}
    return {*units, *machines, ("relations", len(status.relations)), *status.applications}


def _words(state: State) -> tuple[str, str]:
    return state.current, state.message
