"""Runs the operator engine's pods and machines with podman on this machine."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sunbeam.core.paths import Paths
from sunbeam.operators.runtime import (
    ContainerState,
    MachineSpec,
    MachineState,
    PodSpec,
    Report,
    UnitState,
)
from sunbeam.substrates.embedded import hosts_file
from sunbeam.substrates.embedded.addresses import Addresses
from sunbeam.substrates.embedded.container import (
    Container,
    HostView,
    machine_container,
    machine_key,
    machine_volumes,
    pod_containers,
    unit_key,
)
from sunbeam.substrates.embedded.image_watch import ImageWatch
from sunbeam.substrates.embedded.keeper import Keeper, Workshop
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
    problem: str = ""


class EmbeddedRuntime:
    """A ``Runtime``.  ``install_pebble`` writes our Pebble to the path it is given.

    ``kvm`` says that a guest was really booted with it: a node that does not work slows libvirt down.
    """

    def __init__(
        self,
        paths: Paths,
        podman: Podman,
        network: Network,
        install_pebble: Callable[[Path], object],
        *,
        kvm: bool = False,
    ) -> None:
        self.paths = paths
        self.podman = podman
        self.network = network
        self._install_pebble = install_pebble
        self._kvm = kvm
        state = paths.state / "runtime"
        self._addresses = Addresses(network.plan.pods, state / "addresses.json")
        self.host = HostView(
            hosts_file=state / "hosts",
            bin=paths.engine / "bin",
            logs=paths.logs / "containers",
            pids=paths.run / "pids",
        )
        self._workshop = Workshop(podman, ImageWatch(podman), asyncio.Semaphore((os.cpu_count() or 1) + 1))
        self._residents: dict[str, _Resident] = {}
        self._found: dict[str, Mapping[str, Any]] = {}
        self._jobs: set[asyncio.Task[None]] = set()
        self._report: Report = lambda state: None

    async def start(self, report: Report) -> None:
        self._report = report
        for folder in (self.host.bin, self.host.logs, self.host.pids):
            folder.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(self._install_pebble, self.host.bin / "pebble")
        self.podman.prepare()
        self._write_hosts()
        await self.network.start()
        self._found = {name: each for each in await self.podman.containers() for name in each["Names"]}

    async def stop(self) -> None:
        self._report = lambda state: None
        tasks = [*self._jobs, *(task for each in self._residents.values() for task in each.tasks.values())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._residents.clear()

    async def stop_all(self) -> None:
        """Stop watching, then every container: machines first, the newest before the others."""
        await self.stop()
        await stop_containers(self.podman)

    async def ensure_pod(self, spec: PodSpec) -> None:
        key = unit_key(spec.model_uuid, spec.unit)
        resident = self._resident(key, spec)
        self._write_hosts()
        self._tell(key)
        self._begin(self._settle(key, resident))

    async def ensure_machine(self, spec: MachineSpec) -> None:
        key = machine_key(spec.model_uuid, spec.number)
        resident = self._resident(key, spec)
        self._write_hosts()
        self._tell(key)
        self._begin(self._settle(key, resident))

    async def remove_pod(self, model_uuid: str, unit: str) -> None:
        await self._remove(unit_key(model_uuid, unit))

    async def remove_machine(self, model_uuid: str, number: str) -> None:
        key = machine_key(model_uuid, number)
        await self._remove(key)
        await self.podman.call(["volume", "rm", "--force", *machine_volumes(key)], check=False)

    def _resident(self, key: str, spec: PodSpec | MachineSpec) -> _Resident:
        if key not in self._residents:
            self._residents[key] = _Resident(spec, self._addresses.allocate(key))
        self._residents[key].spec = spec
        return self._residents[key]

    async def _settle(self, key: str, resident: _Resident) -> None:
        """Network first, then a keeper for each wanted container whose arguments changed."""
        async with resident.settling:
            if self._residents.get(key) is not resident:
                return
            spec = resident.spec
            try:
                if isinstance(spec, PodSpec):
                    namespace = await self.network.attach_pod(key, resident.address)
                    containers = pod_containers(spec, namespace, self.host)
                else:
                    namespace = await self.network.attach_machine(key, resident.address)
                    containers = [machine_container(spec, namespace, self.host, kvm=self._kvm)]
                await self._keep(key, resident, containers)
                await self.network.expose(self._exposed())
                resident.problem = ""
            except Exception as error:
                logger.exception("%s cannot be settled", key)
                resident.problem = f"{key}: {error}"
            self._tell(key)

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
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await self._delete(name, keeper.container.stop_seconds)

    async def _remove(self, key: str) -> None:
        resident = self._residents.pop(key, None)
        if resident is not None:
            async with resident.settling:
                await asyncio.gather(*(self._dismiss(resident, name) for name in list(resident.keepers)))
        for each in await self.podman.containers():
            if each["Labels"] and each["Labels"].get("sunbeam.key") == key:
                await self._delete(each["Names"][0], 0)
        await self.network.expose(self._exposed())
        await self.network.detach(key)
        self._addresses.release(key)
        self._write_hosts()

    async def _delete(self, name: str, seconds: int) -> None:
        await self.podman.call(["rm", "--force", "--ignore", f"--time={seconds}", name], timeout=seconds + 60)

    def _exposed(self) -> dict[int, str]:
        """TCP ports of exposed pods; the first pod has the port."""
        ports: dict[int, str] = {}
        for _, resident in sorted(self._residents.items()):
            if isinstance(resident.spec, PodSpec) and resident.spec.exposed:
                for port in resident.spec.ports:
                    number, _, protocol = port.partition("/")
                    if protocol in ("", "tcp"):
                        ports.setdefault(int(number), resident.address)
        return ports

    def _write_hosts(self) -> None:
        units, machines = [], []
        for resident in self._residents.values():
            spec = resident.spec
            if isinstance(spec, PodSpec):
                units.append(hosts_file.NamedUnit(spec.model, spec.unit, resident.address))
            else:
                machines.append(hosts_file.NamedMachine(spec.hostname, resident.address))
        hosts_file.write(self.host.hosts_file, hosts_file.render(units, machines))

    def _begin(self, job: Any) -> None:
        task = asyncio.create_task(job)
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)

    def _tell(self, key: str) -> None:
        resident = self._residents.get(key)
        if resident is not None:
            self._report(_state(resident))


def _state(resident: _Resident) -> UnitState | MachineState:
    spec, keepers = resident.spec, resident.keepers
    if isinstance(spec, PodSpec):
        return UnitState(
            spec.model_uuid,
            spec.unit,
            resident.address,
            {name.rpartition(".")[2]: _container_state(keeper) for name, keeper in keepers.items()},
            resident.problem,
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
    )


def _container_state(keeper: Keeper) -> ContainerState:
    if keeper.pebble is None:
        return ContainerState(problem=keeper.problem)
    view = keeper.pebble
    return ContainerState(view.boot_id, dict(view.checks), view.notices, keeper.problem)
