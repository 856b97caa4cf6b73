"""A root module: its working folder, variables, and what core does with it.

Core works on a copy, so that shipped modules stay untouched and a run survives an upgrade of ours.  The lock
file of provider hashes is dropped before each init: the launcher of our provider changes with our releases.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from python_terraform import IsFlagged

from sunbeam.terraform.backend import StateBackend
from sunbeam.terraform.client import StateClient
from sunbeam.terraform.events import Event, PlannedChange
from sunbeam.terraform.runner import Finished, OnEvent, Runner

VARIABLES = "sunbeam.auto.tfvars.json"
REFERENCES = "references.json"
"""Beside the root module: variables that are secrets, with the references that stand for them."""
BACKEND = "sunbeam_backend.tf.json"
PLAN = "sunbeam.tfplan"
ERRORED = "errored.tfstate"
LOCK_FILE = ".terraform.lock.hcl"
PARALLELISM = 30
CHANGES = (0, 2)


@dataclass(frozen=True)
class Plan:
    """What an apply would do; ``is_empty`` also when only outputs change."""

    changes: tuple[PlannedChange, ...]
    is_empty: bool


@dataclass
class Module:
    """One root module of ``source`` (the folder that holds ``NAME/`` and ``modules/``).

    ``folder`` becomes the working folder; ``backend`` None keeps the state there.  ``variables`` end in a
    file only we can read, ``secrets`` in the environment of core.  ``environment`` leads core to the provider
    (``TF_REATTACH_PROVIDERS`` or ``TF_CLI_CONFIG_FILE``).
    """

    name: str
    source: Path
    folder: Path
    core: Path
    environment: Mapping[str, str]
    backend: StateBackend | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, Any] = field(default_factory=dict)
    on_event: OnEvent = lambda event: None

    @property
    def root(self) -> Path:
        return self.folder / self.name

    async def init(self) -> None:
        """Copy the module, write its variables, let core prepare; push a state that could not be saved."""
        self._copy()
        write_private(self.root / VARIABLES, json.dumps(dict(self.variables), indent=1))
        if self.backend is not None:
            write_private(self.root / BACKEND, json.dumps({"terraform": {"backend": {"http": {}}}}))
        (self.root / LOCK_FILE).unlink(missing_ok=True)
        await self._run("init", input=False, no_color=IsFlagged, reconfigure=IsFlagged)
        if (self.root / ERRORED).exists():
            if await self._is_newer(self.root / ERRORED):
                await self._run("state push", ERRORED)
            (self.root / ERRORED).unlink()

    async def _is_newer(self, unsaved: Path) -> bool:
        """Whether the state that a run could not save follows the saved one.

        It does not if another run began while that one, whose beginner was killed, went on: what only it made
        is then found by adoption (see provider/session.py).
        """
        saved = (await self._run("state pull")).output.strip()
        if not saved:
            return True
        try:
            mine, theirs = json.loads(unsaved.read_text()), json.loads(saved)
        except ValueError:  # the power went while it was written
            return False
        same = theirs["lineage"] in ("", mine["lineage"])  # a state that was never saved has none
        return same and int(mine["serial"]) > int(theirs["serial"])

    async def plan(self, *, destroy: bool = False, refresh: bool = True, lock: bool = True) -> Plan:
        """Write the plan to a file for ``apply``; without ``lock`` it is only for looking at."""
        changes: list[PlannedChange] = []

        def watch(event: Event) -> None:
            if isinstance(event, PlannedChange):
                changes.append(event)
            self.on_event(event)

        finished = await self._run(
            "plan",
            on_event=watch,
            accept=CHANGES,
            out=PLAN,
            detailed_exitcode=IsFlagged,
            input=False,
            json=IsFlagged,
            parallelism=PARALLELISM,
            destroy=IsFlagged if destroy else None,
            refresh=refresh,
            lock=lock,
        )
        (self.root / PLAN).chmod(0o600)
        return Plan(tuple(changes), finished.code == 0)

    async def apply(self) -> None:
        """Apply the plan of the last ``plan``; its file is gone afterwards, since it holds secrets."""
        try:
            await self._run("apply", PLAN, json=IsFlagged, input=False, parallelism=PARALLELISM)
        finally:
            (self.root / PLAN).unlink(missing_ok=True)

    async def converge(self) -> Plan:
        """init, plan, and apply if there is anything to do; returns what was planned."""
        await self.init()
        plan = await self.plan()
        await self._apply_unless_empty(plan)
        return plan

    async def destroy(self) -> None:
        """Destroy everything of the module.  Needs ``init``."""
        await self._apply_unless_empty(await self.plan(destroy=True))

    async def _apply_unless_empty(self, plan: Plan) -> None:
        if plan.is_empty:
            (self.root / PLAN).unlink(missing_ok=True)
        else:
            await self.apply()

    async def output(self) -> dict[str, Any]:
        return await self._runner(self.on_event).output()

    async def show_plan(self) -> str:
        """The plan of the last ``plan`` as core prints it for a person."""
        return (await self._run("show", PLAN, no_color=IsFlagged)).output

    async def plan_document(self) -> dict[str, Any]:
        """The plan of the last ``plan`` as core's JSON; secrets in it are in clear."""
        document: dict[str, Any] = json.loads((await self._run("show", PLAN, json=IsFlagged)).output)
        return document

    async def _run(
        self, command: str, *arguments: str, on_event: OnEvent | None = None, **options: Any
    ) -> Finished:
        async with AsyncExitStack() as stack:
            if self.backend is not None:
                await stack.enter_async_context(StateClient(self.backend).keeping_lock(self.name))
            return await self._runner(on_event or self.on_event).cmd(command, *arguments, **options)

    def _runner(self, on_event: OnEvent) -> Runner:
        secrets = {f"TF_VAR_{key}": _text(value) for key, value in self.secrets.items()}
        backend = self.backend.environment(self.name) if self.backend is not None else {}
        variables = {"TF_CLI_CONFIG_FILE": os.devnull, **secrets, **backend, **self.environment}
        return Runner(self.core, self.root, variables, on_event)

    def _copy(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in (self.name, "modules"):
            source, target = self.source / name, self.folder / name
            if not source.exists():
                continue
            wanted = {path.relative_to(source) for path in source.rglob("*.tf")}
            for stale in [path for path in target.rglob("*.tf") if path.relative_to(target) not in wanted]:
                stale.unlink()
            shutil.copytree(
                source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*")
            )


def write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
