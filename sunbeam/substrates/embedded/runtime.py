"""Runs the operator engine's pods and machines with podman on this machine."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sunbeam.core.cores import cores
from sunbeam.core.ending import end
from sunbeam.core.errors import SunbeamError
from sunbeam.core.paths import Paths
from sunbeam.core.process import ProcessFailed
from sunbeam.operators.runtime import (
    ContainerState,
    MachineSpec,
    MachineState,
    PodSpec,
    Report,
    UnitState,
)
from sunbeam.substrates.embedded import hosts_file
from sunbeam.substrates.embedded.container import (
    KEY_LABEL,
    Container,
    HostView,
    image_name,
    machine_container,
    machine_key,
    machine_volumes,
    pod_containers,
    unit_key,
)
from sunbeam.substrates.embedded.directory import Directory, Entry
from sunbeam.substrates.embedded.image_watch import ImageWatch
from sunbeam.substrates.embedded.keeper import FIRST_PAUSE, LONGEST_PAUSE, Keeper, Workshop
from sunbeam.substrates.embedded.kvm import kvm_works
from sunbeam.substrates.embedded.network import Network
from sunbeam.substrates.embedded.podman import Podman
from sunbeam.substrates.embedded.shutdown import stop_containers

logger = logging.getLogger(__name__)


@dataclass
class _Resident:
    """A pod or machine that should run.  ``settling`` lets one change to it happen at a time."""

    spec: PodSpec | MachineSpec
    address: str
    keepers: dict[str, Keeper] = field(default_factory=dict)
    tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    settling: asyncio.Lock = field(default_factory=asyncio.Lock)
    jobs: set[asyncio.Task[None]] = field(default_factory=set)
    problem: str = ""
    failed: bool = False


class EmbeddedRuntime:
    """A ``Runtime``.  ``install_pebble`` writes our Pebble to the path it is given."""

    def __init__(
        self,
        paths: Paths,
        podman: Podman,
        network: Network,
        install_pebble: Callable[[Path], object],
    ) -> None:
        self.paths = paths
        self.podman = podman
        self.network = network
        self._install_pebble = install_pebble
        state = paths.state / "runtime"
        self._kvm_memory = state / "kvm.json"
        self.directory = Directory(network.plan.pods, state / "directory.json")
        self.host = HostView(
            hosts_file=paths.hosts,
            bin=paths.engine / "bin",
            logs=paths.logs / "containers",
            pids=podman.folders.pids,
        )
        self._workshop = Workshop(podman, ImageWatch(podman), asyncio.Semaphore(cores() + 1))
        self._residents: dict[str, _Resident] = {}
        self._found: dict[str, Mapping[str, Any]] = {}
        self._report: Report = lambda state: None

    async def start(self, report: Report) -> None:
        self._report = report
        for folder in (self.host.bin, self.host.logs, self.host.pids):
            folder.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(self._install_pebble, self.host.bin / "pebble")
        self.podman.prepare()
        await self._publish()
        await self.network.start()
        self._found = {name: each for each in await self.podman.containers() for name in each["Names"]}

    async def stop(self) -> None:
        self._report = lambda state: None
        residents = self._residents.values()
        await end([task for each in residents for task in (*each.jobs, *each.tasks.values())])
        self._residents.clear()

    async def stop_all(self) -> None:
        """Stop watching, then every container: machines first, the newest before the others."""
        await self.stop()
        await stop_containers(self.podman)

    async def ensure_pod(self, spec: PodSpec) -> None:
        key = unit_key(spec.model_uuid, spec.unit)
        self._want(key, spec)

    async def ensure_machine(self, spec: MachineSpec) -> None:
        key = machine_key(spec.model_uuid, spec.number)
        self._want(key, spec)

    async def remove_pod(self, model_uuid: str, unit: str) -> None:
        await self._remove(unit_key(model_uuid, unit))

    async def remove_machine(self, model_uuid: str, number: str) -> None:
        key = machine_key(model_uuid, number)
        await self._remove(key)
        await self.podman.call(["volume", "rm", "--force", *machine_volumes(key)], check=False)

    def _want(self, key: str, spec: PodSpec | MachineSpec) -> None:
        """Note what is wanted, with its address and name, and begin to make it so."""
        address = self.directory.put(key, _entry(spec))
        resident = self._residents.setdefault(key, _Resident(spec, address))
        resident.spec = spec
        self._tell(key)
        job = asyncio.create_task(self._settle(key, resident), name=f"settle {key}")
        resident.jobs.add(job)
        job.add_done_callback(resident.jobs.discard)

    async def _settle(self, key: str, resident: _Resident) -> None:
        """Try until it is done: name and network first, then the containers."""
        pause = FIRST_PAUSE
        async with resident.settling:
            while True:
                try:
                    await self._publish()
                    await self._keep(key, resident, await self._containers(key, resident))
                    resident.problem, resident.failed = "", False
                    return
                except (SunbeamError, ProcessFailed, OSError, TimeoutError) as error:
                    logger.warning("%s cannot be started: %s", key, error)
                    resident.problem, resident.failed = f"its network could not be made: {error}", True
                finally:
                    self._tell(key)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _containers(self, key: str, resident: _Resident) -> list[Container]:
        """What should run, in a namespace that is ready."""
        spec = resident.spec
        if isinstance(spec, PodSpec):
            namespace = await self.network.attach_pod(key, resident.address)
            return pod_containers(spec, namespace, self.host)
        image = image_name(spec.image)
        if not await self._workshop.images.has(image):
            resident.problem, resident.failed = f"image {image} is being built", False
            self._tell(key)
            await self._workshop.images.wait(image)
        kvm = await kvm_works(self.podman.processes, self._kvm_memory)
        namespace = await self.network.attach_machine(key, resident.address)
        return [machine_container(spec, namespace, self.host, kvm=kvm)]

    async def _keep(self, key: str, resident: _Resident, containers: list[Container]) -> None:
        wanted = {container.name: container for container in containers}
        for name, keeper in list(resident.keepers.items()):
            if name not in wanted or wanted[name].spec != keeper.container.spec:
                await self._dismiss(resident, name)
        for name, container in wanted.items():
            if name not in resident.keepers:
                keeper = Keeper(container, self._workshop, lambda: self._tell(key))
                resident.keepers[name] = keeper
                resident.tasks[name] = asyncio.create_task(keeper.run(self._found.pop(name, None)), name=name)

    async def _dismiss(self, resident: _Resident, name: str) -> None:
        keeper, task = resident.keepers.pop(name), resident.tasks.pop(name)
        await end([task])
        await self._delete(name, keeper.container.stop_seconds)

    async def _remove(self, key: str) -> None:
        resident = self._residents.pop(key, None)
        if resident is not None:
            await end(resident.jobs)
            await asyncio.gather(*(self._dismiss(resident, name) for name in list(resident.keepers)))
        for each in await self.podman.containers():
            if each["Labels"] and each["Labels"].get(KEY_LABEL) == key:
                await self._delete(each["Names"][0], 0)
        await self.network.detach(key)
        self.directory.remove(key)
        await self._publish()

    async def _delete(self, name: str, seconds: int) -> None:
        await self.podman.call(["rm", "--force", "--ignore", f"--time={seconds}", name], timeout=seconds + 60)

    async def _publish(self) -> None:
        hosts_file.write(self.host.hosts_file, hosts_file.render(self.directory.entries()))
        await self.network.expose(self.directory.exposed())

    def _tell(self, key: str) -> None:
        resident = self._residents.get(key)
        if resident is not None:
            self._report(_state(resident))


def _entry(spec: PodSpec | MachineSpec) -> Entry:
    if isinstance(spec, MachineSpec):
        return Entry(spec.model, hostname=spec.hostname)
    ports = [port.partition("/") for port in spec.ports if spec.exposed]
    return Entry(
        spec.model,
        unit=spec.unit,
        exposed=tuple(int(number) for number, _, protocol in ports if protocol in ("", "tcp")),
    )


def _state(resident: _Resident) -> UnitState | MachineState:
    spec, keepers = resident.spec, resident.keepers
    if isinstance(spec, PodSpec):
        return UnitState(
            spec.model_uuid,
            spec.unit,
            resident.address,
            {name.rpartition(".")[2]: _container_state(keeper) for name, keeper in keepers.items()},
            resident.problem,
            resident.failed,
        )
    keeper = next(iter(keepers.values()), None)
    seen = _container_state(keeper) if keeper else ContainerState()
    return MachineState(
        spec.model_uuid,
        spec.number,
        resident.address,
        pid=keeper.pid if keeper else 0,
        boot_id=seen.boot_id,
        problem=resident.problem or seen.problem,
        failed=resident.failed or seen.failed,
    )


def _container_state(keeper: Keeper) -> ContainerState:
    if keeper.pebble is None:
        return ContainerState(problem=keeper.problem, failed=keeper.failed)
    view = keeper.pebble
    return ContainerState(view.boot_id, dict(view.checks), view.notices, keeper.problem)
