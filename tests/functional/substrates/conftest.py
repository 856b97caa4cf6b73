"""A substrate of its own for each test: other names, ranges and folders than a real cloud has."""

from __future__ import annotations

import asyncio
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from ipaddress import IPv4Network
from pathlib import Path

import pytest
import pytest_asyncio

from sunbeam.core.paths import Paths
from sunbeam.core.process import SystemProcesses
from sunbeam.images.mirrors import SUITE, apt_sources
from sunbeam.operators.pebble import build_pebble
from sunbeam.operators.runtime import (
    ContainerSpec,
    MachineSpec,
    MachineState,
    Mount,
    PodSpec,
    UnitState,
)
from sunbeam.substrates.embedded.firewall import Nftables
from sunbeam.substrates.embedded.host_changes import HostChanges
from sunbeam.substrates.embedded.network import Network, NetworkPlan
from sunbeam.substrates.embedded.podman import Podman
from sunbeam.substrates.embedded.runtime import EmbeddedRuntime
from sunbeam.substrates.embedded.teardown import Teardown

CACHE = Path("/var/tmp/sunbeam-test-image")
IMAGE = "localhost/sunbeam/test:latest"
MODEL = str(uuid.uuid4())
PLAN = NetworkPlan(
    IPv4Network("10.214.30.0/24"), IPv4Network("10.214.31.0/24"), "sbtest0", "sbtest-ext", mtu=1400
)
TABLE = "sbtest"


@pytest.fixture(scope="session", autouse=True)
def needs_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root")


@pytest.fixture(scope="session")
def root_file_system() -> Path:
    """A Debian with Python and iproute2 as a tar, kept between runs."""
    tar = CACHE / "root.tar"
    if not tar.exists():
        CACHE.mkdir(exist_ok=True)
        new = CACHE / "new.tar"
        words = ["mmdebstrap", "--quiet", "--variant=minbase", "--include=python3,iproute2"]
        asyncio.run(SystemProcesses().run([*words, SUITE, new, *(archive.line for archive in apt_sources())]))
        new.replace(tar)
    return tar


class Sight:
    """What a runtime reported, and waiting for it."""

    def __init__(self) -> None:
        self.latest: dict[str, UnitState | MachineState] = {}
        self._changed = asyncio.Event()

    def report(self, state: UnitState | MachineState) -> None:
        self.latest[state.unit if isinstance(state, UnitState) else state.number] = state
        self._changed.set()

    async def until(self, seen: Callable[[], bool], seconds: float = 40) -> None:
        try:
            async with asyncio.timeout(seconds):
                while not seen():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"never seen; last: {self.latest}") from None

    def unit(self, name: str) -> UnitState:
        state = self.latest[name]
        assert isinstance(state, UnitState)
        return state

    def machine(self, number: str) -> MachineState:
        state = self.latest[number]
        assert isinstance(state, MachineState)
        return state

    def boot_id(self, name: str, container: str = "web") -> str:
        state = self.latest.get(name)
        if isinstance(state, MachineState):
            return state.boot_id
        return state.containers[container].boot_id if state and container in state.containers else ""


class Substrate:
    """A node below a temporary folder; ``runtime`` makes what a restarted daemon would make."""

    def __init__(self, root: Path, podman: Podman | None = None) -> None:
        self.paths = Paths(root)
        self.processes = SystemProcesses()
        self.podman = podman or Podman(self.processes, self.paths)
        self.changes = HostChanges(self.paths.state / "host-changes.json")
        self.network = self._network()
        self.sight = Sight()

    def _network(self) -> Network:
        return Network(self.processes, PLAN, Nftables(self.processes, TABLE), self.changes)

    def runtime(self) -> EmbeddedRuntime:
        self.sight = Sight()
        self.network = self._network()
        return EmbeddedRuntime(self.paths, self.podman, self.network, build_pebble)

    def teardown(self) -> Teardown:
        firewalls = (Nftables(self.processes, TABLE),)
        return Teardown(self.processes, self.paths, self.podman, PLAN, self.changes, firewalls)

    def pod(
        self,
        unit: str,
        *containers: str,
        image: str = IMAGE,
        mounts: tuple[Mount, ...] = (),
        ports: tuple[str, ...] = (),
        exposed: bool = False,
    ) -> PodSpec:
        specs = []
        for name in containers or ("web",):
            folder = self.paths.engine / "units" / MODEL / unit.replace("/", "-") / "containers" / name
            folder.mkdir(parents=True, exist_ok=True)
            specs.append(ContainerSpec(name, image, folder, mounts))
        application = unit.partition("/")[0]
        return PodSpec(MODEL, "openstack", application, unit, tuple(specs), ports, exposed)

    def machine(self, number: str) -> MachineSpec:
        folder = self.paths.engine / "agent"
        folder.mkdir(parents=True, exist_ok=True)
        return MachineSpec(MODEL, "machines", number, f"machines-{number}", "test", (folder,))

    async def inside(self, container: str, *words: str) -> str:
        completed = await self.podman.call(["exec", container, *words], timeout=30)
        return completed.stdout.strip()


@pytest.fixture(scope="session")
def images(root_file_system: Path) -> Iterator[Podman]:
    """A storage with the image, which takes seconds to fill, for all tests."""
    root = Path(f"/var/tmp/sunbeam-test-{os.getpid()}-images")
    podman = Podman(SystemProcesses(), Paths(root))
    asyncio.run(podman.call(["import", root_file_system, IMAGE]))
    yield podman
    asyncio.run(Substrate(root, podman).teardown().run())
    shutil.rmtree(root)


@pytest_asyncio.fixture
async def substrate(images: Podman) -> AsyncIterator[Substrate]:
    root = Path(f"/var/tmp/sunbeam-test-{os.getpid()}")
    substrate = Substrate(root, images)
    yield substrate
    await images.call(["rm", "--all", "--force", "--time=0"])
    await images.call(["volume", "rm", "--all", "--force"])
    substrate.podman = Podman(substrate.processes, substrate.paths)
    await substrate.teardown().run()
    shutil.rmtree(root)


Start = Callable[[], Awaitable[EmbeddedRuntime]]


@pytest_asyncio.fixture
async def start(substrate: Substrate) -> AsyncIterator[Start]:
    """Starts runtimes and stops (not their containers) what is left of them."""
    started: list[EmbeddedRuntime] = []

    async def one() -> EmbeddedRuntime:
        runtime = substrate.runtime()
        await runtime.start(substrate.sight.report)
        started.append(runtime)
        return runtime

    yield one
    for runtime in started:
        await runtime.stop()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A program for a container: answers every connection with its host name, then closes it."""
    yield (
        "import socket; s = socket.create_server(('', 8080))\n"
        "while True: c, _ = s.accept(); c.sendall(socket.gethostname().encode()); c.close()"
    )
