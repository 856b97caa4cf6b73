"""Chooses how a hook runs: warm where the charm allows it, native otherwise or when that is wanted."""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path
from typing import Literal

from sunbeam.operators.executors.entry import Entry, find_entry
from sunbeam.operators.executors.native import NativeExecutor
from sunbeam.operators.executors.task import HookResult, HookTask, OnLine
from sunbeam.operators.executors.warm import Unfit, WarmExecutor

logger = logging.getLogger(__name__)

Preference = Literal["warm", "native"]


class ChosenExecutor:
    """The executor the engine uses.  Hooks of machine units and scripts always run natively."""

    def __init__(self, preference: Preference, tools: Collection[str], scratch: Path) -> None:
        self._preference = preference
        self._warm = WarmExecutor(tools, scratch)
        self._native = NativeExecutor(scratch)
        self._entries: dict[Path, Entry | None] = {}

    async def run(self, task: HookTask, on_line: OnLine) -> HookResult:
        entry = self._entry(task)
        if entry is not None:
            try:
                return await self._warm.run(task, entry, on_line)
            except Unfit as reason:
                logger.info("Hooks of %s run natively: %s", task.revision.name, reason)
                self._entries[task.revision] = None
        return await self._native.run(task, on_line)

    async def stop(self) -> None:
        await self._warm.stop()

    def _entry(self, task: HookTask) -> Entry | None:
        if self._preference == "native" or task.machine_pid or task.script is not None:
            return None
        if task.revision not in self._entries:
            self._entries[task.revision] = find_entry(task.revision)
        return self._entries[task.revision]
