"""A Juju controller on a free loopback port, with a runtime whose pods and machines are up at once."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sunbeam.cluster.certificates import ClusterCertificates
from sunbeam.core.paths import Paths
from sunbeam.operators.api.server import ApiServer, server_tls
from sunbeam.operators.engine import Engine
from sunbeam.operators.operations.controller import Controller, ensure_controller
from sunbeam.operators.runtime import (
    ContainerState,
    MachineSpec,
    MachineState,
    PodSpec,
    Report,
    UnitState,
)
from sunbeam.operators.store import Store

CHARMS = Path(__file__).parent / "charms"
KEY = bytes(range(32))
PASSWORD = "correct horse"

logging.getLogger("juju.client.connection").setLevel(logging.CRITICAL)


@dataclass
class InstantRuntime:
    """Machines have the namespaces of this process, so that their hooks run here."""

    pods: dict[str, PodSpec] = field(default_factory=dict)
    machines: dict[str, MachineSpec] = field(default_factory=dict)
    report: Report = lambda state: None

    async def start(self, report: Report) -> None:
        self.report = report

    async def stop(self) -> None:
        self.pods.clear()

    async def ensure_pod(self, spec: PodSpec) -> None:
        self.pods[spec.unit] = spec
        address = f"10.1.0.{sorted(self.pods).index(spec.unit) + 2}"
        containers = {container.name: ContainerState("boot-1") for container in spec.containers}
        self.report(UnitState(spec.model_uuid, spec.unit, address, containers))

    async def remove_pod(self, model_uuid: str, unit: str) -> None:
        self.pods.pop(unit, None)

    async def ensure_machine(self, spec: MachineSpec) -> None:
        self.machines[spec.number] = spec
        self.report(MachineState(spec.model_uuid, spec.number, "10.1.1.2", os.getpid(), "boot-1"))

    async def remove_machine(self, model_uuid: str, number: str) -> None:
        self.machines.pop(number, None)


class RunningController:
    """Store, engine and API server as the daemon puts them together."""

    def __init__(self, root: Path) -> None:
        self.paths = Paths(root)
        self.port = _free_port()
        self.store = Store.open(self.paths.engine / "engine.db", KEY)
        self.runtime = InstantRuntime()
        self.engine = Engine(self.store, self.runtime, self.paths)
        certificates = ClusterCertificates(self.paths.certificates)
        pair = certificates.ensure("juju-api")
        self.controller = Controller(
            uuid=ensure_controller(self.store, PASSWORD),
            name="sunbeam",
            endpoints=(f"127.0.0.1:{self.port}",),
            ca_certificate=certificates.authority.certificate.read_text(),
        )
        self.server = ApiServer(
            self.store,
            self.controller,
            server_tls(pair.certificate, pair.key),
            "127.0.0.1",
            self.port,
            self.paths,
        )

    async def start(self) -> None:
        await self.engine.start()
        await self.server.start()

    async def stop(self) -> None:
        await self.server.stop()
        await self.engine.stop()
        self.store.close()

    @classmethod
    @contextmanager
    def in_thread(cls, root: Path) -> Iterator[RunningController]:
        """In an event loop of its own, as in a daemon: libjuju's uploads block the loop of the caller."""
        started: Future[RunningController] = Future()
        loop = asyncio.new_event_loop()
        stop = asyncio.Event()

        async def serve() -> None:
            controller = cls(root)
            await controller.start()
            started.set_result(controller)
            await stop.wait()
            await controller.stop()

        def run() -> None:
            try:
                loop.run_until_complete(serve())
            except BaseException as error:
                if started.done():
                    raise
                started.set_exception(error)
            finally:
                loop.close()

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield started.result(30)
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(30)

    def login(self, user: str = "admin", password: str = PASSWORD) -> dict[str, Any]:
        """What libjuju's ``connect`` needs."""
        return {
            "endpoint": self.controller.endpoints[0],
            "username": user,
            "password": password,
            "cacert": self.controller.ca_certificate,
        }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
