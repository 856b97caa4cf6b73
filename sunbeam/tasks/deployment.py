"""Deploying root modules with OpenTofu or Terraform, and waiting until their applications are active."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sunbeam.core.shipped import shipped
from sunbeam.core.task import Context, Task
from sunbeam.juju.controller import Controller
from sunbeam.juju.credentials import Credentials
from sunbeam.juju.watch import Reasons, wait_active
from sunbeam.provider.service import Provider
from sunbeam.provider.serving import in_process
from sunbeam.terraform.backend import StateBackend
from sunbeam.terraform.binary import find_core
from sunbeam.terraform.events import Event, ResourceEvent
from sunbeam.terraform.module import Module

Variables = Callable[[Context], Awaitable[Mapping[str, Any]]]


@asynccontextmanager
async def module(context: Context, name: str, variables: Mapping[str, Any]) -> AsyncIterator[Module]:
    """The root module ``name`` with our provider in this process and its state in the cluster store."""
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
            folder=context.paths.terraform / name,
            core=core,
            environment=environment,
            backend=StateBackend.read(context.paths.terraform),
            variables=variables,
            on_event=tell,
        )


class ApplyModule(Task):
    """Make a model what its root module says; nothing is applied when the plan is empty."""

    def __init__(self, name: str, title: str, variables: Variables, *needs: str) -> None:
        self.id = f"terraform-{name}"
        self.title = title
        self.needs = needs
        self._name = name
        self._variables = variables

    async def act(self, context: Context) -> None:
        if context.host.dry_run:
            return
        async with module(context, self._name, await self._variables(context)) as root:
            plan = await root.converge()
            context.report(
                f"{len(plan.changes)} changes applied" if not plan.is_empty else "nothing to change"
            )


class WaitActive(Task):
    """Every unit of a model is active and idle."""

    def __init__(self, model: str, title: str, *needs: str, grace: float = 120) -> None:
        """``grace``: seconds for which a unit may be in trouble before the wait is given up."""
        self.id = f"active-{model}"
        self.title = title
        self.needs = needs
        self._model = model
        self._grace = grace

    async def act(self, context: Context) -> None:
        if context.host.dry_run:
            return

        def tell(reasons: Reasons) -> None:
            if reasons:
                unit, why = next(iter(reasons.items()))
                others = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
                context.report(f"{unit}: {why}{others}")

        async with Controller(Credentials.from_juju_data(context.paths.juju_data)) as controller:
            await wait_active(await controller.model(self._model), on_progress=tell, grace=self._grace)
