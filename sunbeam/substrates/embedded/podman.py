"""The only place that starts podman: with our own settings, storage and temporary folders."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sunbeam.core.paths import Paths
from sunbeam.core.process import Completed, Processes
from sunbeam.substrates.embedded import containers_conf
from sunbeam.substrates.embedded.containers_conf import ContainerFolders, ContainerSettings
from sunbeam.substrates.embedded.host_changes import HostChanges


class Podman:
    """Calls podman; ``words`` start at the subcommand.  Raises what ``Processes.run`` raises."""

    def __init__(self, processes: Processes, paths: Paths, settings: ContainerSettings | None = None) -> None:
        self.processes = processes
        self.folders = ContainerFolders(paths)
        self._settings = settings

    def prepare(self) -> None:
        """Write podman's settings for this machine; ``call`` does it before the first call."""
        if self._settings is None:
            self._settings = ContainerSettings.detect()
        HostChanges(self.folders.paths.state / "host-changes.json").note_folders()
        containers_conf.write(self.folders, self._settings)

    async def call(
        self,
        words: Sequence[str | Path],
        *,
        input: str | None = None,
        check: bool = True,
        timeout: float | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        if not self.folders.storage_conf.exists() or self._settings is None:
            self.prepare()
        return await self.processes.run(
            ["podman", *words],
            input=input,
            env=self.folders.environment,
            check=check,
            timeout=timeout,
            on_line=on_line,
        )

    async def containers(self) -> list[dict[str, Any]]:
        """Every container in our storage as ``podman ps`` tells it: Names, Labels, State, Pid, ImageID."""
        listing = await self.call(["ps", "--all", "--format", "json"])
        return list(json.loads(listing.stdout or "[]") or [])

    async def image_names(self) -> set[str]:
        """All ``NAME:TAG`` in our storage."""
        listing = await self.call(["images", "--format", "{{.Repository}}:{{.Tag}}"])
        return set(listing.stdout.split())
