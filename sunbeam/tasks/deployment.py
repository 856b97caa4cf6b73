"""Deploying root modules with OpenTofu or Terraform, and waiting until their applications are active."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from sunbeam.core.foresight import Foresight
from sunbeam.core.manifest.references import separated
from sunbeam.core.shipped import shipped
from sunbeam.core.task import Context, Task
from sunbeam.juju.applications import resolve
from sunbeam.juju.controller import Controller
from sunbeam.juju.credentials import Credentials
from sunbeam.juju.debug_log import DebugLog
from sunbeam.juju.errors import JujuError, JujuStuck
from sunbeam.juju.model import Model
from sunbeam.juju.status import full_status
from sunbeam.juju.watch import wait_active
from sunbeam.provider.service import Provider
from sunbeam.provider.serving import in_process
from sunbeam.tasks.explanation import explained
from sunbeam.tasks.module_preview import foresee_module
from sunbeam.terraform.backend import StateBackend
from sunbeam.terraform.binary import find_core
from sunbeam.terraform.events import Event, ResourceEvent
from sunbeam.terraform.module import REFERENCES, Module, write_private

Variables = Callable[[Context], Awaitable[Mapping[str, Any]]]
ForeseenVariables = Callable[[Context, Mapping[str, Foresight]], Awaitable[Mapping[str, Any]]]


@asynccontextmanager
async def module(context: Context, name: str, variables: Mapping[str, Any]) -> AsyncIterator[Module]:
    """The root module ``name`` with our provider in this process and its state in the cluster store.

    Variables in which something refers to a secret are in no file; ``references.json`` keeps how they refer.
    """
    plain, referring, secrets = separated(variables, context.host.remember_secret)
    folder = context.paths.terraform / name
    if variables:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(folder / REFERENCES, json.dumps(referring, indent=1))
    credentials = Credentials.from_juju_data(context.paths.juju_data)
    core = await find_core(context.host.processes, context.paths.bin)

    def tell(event: Event) -> None:
        if (
            isinstance(event, ResourceEvent)
            and event.step in ("start", "errored")
            and event.action != "refresh"
        ):
            context.report(f"{event.action} {event.address}")

    provider = Provider(credentials, lambda _, text: context.report(text), adopts=True)
    async with in_process(provider) as environment:
        yield Module(
            name=name,
            source=shipped("terraform"),
            folder=folder,
            core=core,
            environment=environment,
            backend=StateBackend.read(context.paths.terraform),
            variables=plain,
            secrets=secrets,
            on_event=tell,
        )


class ApplyModule(Task):
    """Make a model what its root module says; nothing is applied when the plan is empty."""

    phase = "Deploy"
    typical_seconds = 3.0

    def __init__(
        self,
        name: str,
        title: str,
        variables: Variables,
        *needs: str,
        foreseen: ForeseenVariables | None = None,
    ) -> None:
        """``foreseen``: the variables as they will be, where ``variables`` reads what is yet to be made."""
        self.id = f"terraform-{name}"
        self.title = title
        self.needs = needs
        self._name = name
        self._variables = variables
        self._foreseen = foreseen

    async def act(self, context: Context) -> None:
        if context.host.dry_run:
            return
        async with module(context, self._name, await self._variables(context)) as root:
            plan = await root.converge()
            context.report(
                f"{len(plan.changes)} changes applied" if not plan.is_empty else "nothing to change"
            )

    async def foresee(self, context: Context, before: Mapping[str, Foresight]) -> Foresight:
        if self._foreseen is not None:
            variables = await self._foreseen(context, before)
        else:
            variables = await self._variables(context)
        return await foresee_module(context, self._name, variables)


class WaitActive(Task):
    """Every unit of a model is active and idle; failed hooks are tried again at once."""

    phase = "Wait for the operators"
    typical_seconds = 30.0

    def __init__(
        self,
        model: str,
        title: str,
        *needs: str,
        awaits: tuple[str, ...] = (),
        busy: Callable[[], bool] = lambda: False,
        grace: float = 120,
    ) -> None:
        """``awaits``: tasks beside it that units need; ``busy``: whether these are at work, however long.

        ``grace``: seconds for which a unit may be in trouble.
        """
        self.id = f"active-{model}"
        self.title = title
        self.needs = needs
        self.awaits = awaits
        self._model = model
        self.is_waiting = False
        self._busy = busy
        self._grace = grace

    async def act(self, context: Context) -> None:
        if context.host.dry_run:
            return

        credentials = Credentials.from_juju_data(context.paths.juju_data)
        async with Controller(credentials) as controller:
            model = await controller.model(self._model)
            await _retry_failed_hooks(model)
            self.is_waiting = True
            try:
                await wait_active(model, on_progress=context.units, busy=self._busy, grace=self._grace)
            except JujuStuck as stuck:
                logs = context.paths.logs / "containers"
                raise await explained(stuck, DebugLog(credentials, model.uuid), logs) from stuck
            finally:
                self.is_waiting = False

    async def foresee(self, context: Context, before: Mapping[str, Foresight]) -> Foresight:
        return Foresight(changes=False)


async def _retry_failed_hooks(model: Model) -> None:
    """Whoever types the command again has repaired something: no unit waits for its next attempt."""
    for unit in (await full_status(model)).units():
        if "error" in (unit.workload.current, unit.agent.current):
            with suppress(JujuError):  # it may have been tried and be well by now
                await resolve(model, unit.name)
