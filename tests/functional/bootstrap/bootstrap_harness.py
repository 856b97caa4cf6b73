"""A machine in a folder on which the small bootstrap is run, killed, and looked at."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from sunbeam.cluster.services import DAEMON, ETCD, services_of
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.clock import SystemClock
from sunbeam.core.host import Host
from sunbeam.core.journal import ChangeRecord, Journal
from sunbeam.core.paths import Paths
from sunbeam.core.process import SystemProcesses
from sunbeam.core.redaction import Redactor
from sunbeam.core.task import Context
from sunbeam.juju.controller import Controller
from sunbeam.juju.credentials import Credentials
from sunbeam.juju.status import ModelStatus, full_status
from sunbeam.tasks.deployment import module
from sunbeam.terraform.module import Plan
from tests.functional.bootstrap import small_bootstrap

HERE = Path(__file__).parent
SECONDS = 120


@dataclass(frozen=True)
class SmallCloud:
    root: Path

    @property
    def paths(self) -> Paths:
        return Paths(self.root)

    @property
    def charms(self) -> Path:
        """The sources, to be changed at will."""
        return self.root / "package/shipped/charms"

    @classmethod
    def on(cls, root: Path, core: Path, etcd: Path) -> SmallCloud:
        """Programs are there already; ports are free ones."""
        cloud = cls(root)
        for name in ("charms", "terraform"):
            shutil.copytree(HERE / name, root / "package/shipped" / name)
        cloud.paths.bin.mkdir(parents=True)
        (cloud.paths.bin / "etcd").symlink_to(etcd)
        (cloud.paths.bin / "tofu").symlink_to(core)
        api, state, client, peer = _free_ports(4)
        settings = NodeSettings(
            "small", "127.0.0.1", api_port=api, state_port=state, etcd_port=client, etcd_peer_port=peer
        )
        (root / "small.json").write_text(json.dumps(asdict(settings)))
        return cloud

    def bootstrap(self) -> subprocess.CompletedProcess[str]:
        """Run to its end in a process of its own."""
        words = [sys.executable, "-m", "tests.functional.bootstrap.small_bootstrap", str(self.root)]
        return subprocess.run(
            words, capture_output=True, text=True, timeout=SECONDS, cwd=small_bootstrap.REPOSITORY
        )

    def remove(self) -> None:
        """End every process that works in the root."""
        for name in (DAEMON, ETCD):
            services_of(self.paths).stop(name)
        for pid in self.processes(str(self.root)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def processes(self, *words: str) -> list[int]:
        """Whose command lines hold all ``words`` and that are not supervisors."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if all(word in line for word in (str(self.root), *words)) and not line.startswith("/bin/sh"):
                found.append(int(folder.name))
        return sorted(found)

    def kill(self, *words: str) -> bool:
        """SIGKILL the oldest such process; whether there was one."""
        for pid in self.processes(*words)[:1]:
            os.kill(pid, signal.SIGKILL)
            return True
        return False

    def changes(self) -> list[ChangeRecord]:
        with Journal.reading(self.paths.journal) as journal:
            return journal.changes() if journal else []

    async def status(self) -> ModelStatus:
        async with Controller(Credentials.from_juju_data(self.paths.juju_data)) as controller:
            return await full_status(await controller.model(small_bootstrap.MODEL))

    async def plan(self) -> Plan:
        """What Terraform would still do."""
        small_bootstrap.ship(self.root)
        with Journal.reading(self.paths.journal) as journal:
            assert journal is not None
            clock = SystemClock()
            host = Host(SystemProcesses(), journal, self.paths, clock, Redactor())
            context = Context(host, self.paths, clock, print)
            async with module(
                context, small_bootstrap.MODEL, await small_bootstrap.variables(context)
            ) as root:
                await root.init()
                return await root.plan()

    def logs(self) -> str:
        """For the report of a test that failed."""
        files = sorted(self.paths.logs.glob("*.log"))
        return "\n".join(f"== {file.name}\n{file.read_text(errors='replace')[-4000:]}" for file in files)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
