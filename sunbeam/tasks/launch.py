"""Starting a VM and waiting until it answers from outside."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sunbeam.cluster.openstack import DEMO
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.engine import Change
from sunbeam.core.errors import SunbeamError
from sunbeam.core.foresight import Foresight, Touch
from sunbeam.core.paths import Paths
from sunbeam.core.task import Context, Task
from sunbeam.core.wait import Look
from sunbeam.tasks.demo import EXTERNAL
from sunbeam.tasks.demo_key import KEY
from sunbeam.tasks.machine import CheckMachine
from sunbeam.tasks.openstack_call import call

if TYPE_CHECKING:
    from openstack.compute.v2.server import Server
    from openstack.connection import Connection

PORTS = (80, 22)
ANSWER_SECONDS = 1.0
BUILD_SECONDS = 3600.0
"""Nova gives up by itself when it cannot start a VM; copying an image to a slow disk takes long."""
CONSOLE_LINES = 5
DELETE_SECONDS = 600


def launch(paths: Paths, name: str, image: str, flavor: str) -> Change:
    """A VM in the demo project with a floating address; an existing one of that name is used."""
    tasks: list[Task] = [
        CheckMachine.of_cloud(paths, "launch", again(name)),
        CreateServer(name, image, flavor),
        AttachFloatingAddress(name, "server"),
        AwaitServer(name, "server"),
        AwaitAnswer(name, "floating-address", "active"),
    ]
    return Change("launch", f"Launch {name}", tasks, {"name": name})


class CreateServer(Task):
    id = "server"
    rehearsable = True

    def __init__(self, name: str, image: str, flavor: str) -> None:
        self.title = f"Ask for the VM {name}"
        self._name, self._image, self._flavor = name, image, flavor

    async def is_done(self, context: Context) -> bool:
        return bool(await call(context, DEMO, self._exists))

    async def act(self, context: Context) -> None:
        if await self.is_done(context):
            return
        details = await call(context, DEMO, self._details)
        await self._remove(context)
        await call(context, DEMO, lambda cloud: self._create(cloud, details))

    async def loses(self, context: Context) -> list[str]:
        there = await call(context, DEMO, lambda cloud: cloud.compute.find_server(self._name))
        return [f"VM {self._name} with its disk"] if there is not None else []

    async def undo(self, context: Context) -> None:
        await self._remove(context)

    async def _remove(self, context: Context) -> None:
        await call(context, DEMO, self._delete)
        if not context.host.dry_run:
            await context.wait_for(lambda: call(context, DEMO, self._gone), quiet_seconds=DELETE_SECONDS)

    def _exists(self, cloud: Connection) -> bool:
        server = cloud.compute.find_server(self._name)
        return server is not None and not is_lost(server)

    def _delete(self, cloud: Connection) -> None:
        server = cloud.compute.find_server(self._name)
        if server is not None:
            cloud.compute.delete_server(server)

    def _gone(self, cloud: Connection) -> Look:
        """A server that Nova calls DELETED is listed, and counted, until its host has let go of it."""
        server = cloud.compute.find_server(self._name)
        return Look(server is None, f"{self._name}: to be deleted")

    def _details(self, cloud: Connection) -> dict[str, Any]:
        image = cloud.image.find_image(self._image)
        flavor = cloud.compute.find_flavor(self._flavor)
        project = cloud.current_project
        network = cloud.network.find_network(project.name, project_id=project.id)
        missing = {
            f"image {self._image}": image,
            f"flavor {self._flavor}": flavor,
            f"network {project.name}": network,
        }
        absent = [what for what, found in missing.items() if found is None]
        if absent:
            raise SunbeamError(
                f"Cannot launch {self._name}: there is no {', no '.join(absent)}",
                where=f"project {project.name}",
                next_command="sunbeam configure",
                id="launch-incomplete",
            )
        return {"image_id": image.id, "flavor_id": flavor.id, "networks": [{"uuid": network.id}]}

    def _create(self, cloud: Connection, details: dict[str, Any]) -> None:
        if not self._exists(cloud):
            cloud.compute.create_server(name=self._name, key_name=KEY, **details)


class TaskOfServer(Task):
    """Something about the VM ``name``."""

    def __init__(self, name: str, *needs: str) -> None:
        self.needs = needs
        self._name = name


class AwaitOfServer(TaskOfServer):
    """It looks, and changes nothing."""

    async def foresee(self, context: Context, before: Mapping[str, Foresight]) -> Foresight:
        return Foresight(changes=False)


class AttachFloatingAddress(TaskOfServer):
    id = "floating-address"
    title = "Give it a floating address"

    async def is_done(self, context: Context) -> bool:
        return bool(await call(context, DEMO, lambda cloud: floating_address(cloud, self._name)))

    async def foresee(self, context: Context, before: Mapping[str, Foresight]) -> Foresight:
        return Foresight(touches=(Touch("cloud", "create floating address", self._name),))

    async def undo(self, context: Context) -> None:
        await call(context, DEMO, self._release)

    def _release(self, cloud: Connection) -> None:
        address = floating_address(cloud, self._name)
        for each in cloud.network.ips(floating_ip_address=address) if address else ():
            cloud.network.delete_ip(each)

    async def act(self, context: Context) -> None:
        if context.host.dry_run:
            return

        async def attached() -> Look:
            return await call(context, DEMO, self._look)  # type: ignore[no-any-return]

        await context.wait_for(attached, quiet_seconds=120)

    def _look(self, cloud: Connection) -> Look:
        if self._attach(cloud):
            return Look(done=True)
        return Look(missing=f"a port for {self._name}", failed=fault(cloud, server_of(cloud, self._name)))

    def _attach(self, cloud: Connection) -> str:
        existing = floating_address(cloud, self._name)
        if existing:
            return existing
        server = server_of(cloud, self._name)
        port = next(iter(cloud.network.ports(device_id=server.id)), None)
        if port is None:
            return ""
        external = cloud.network.find_network(EXTERNAL)
        made = cloud.network.create_ip(
            description=self._name, floating_network_id=external.id, port_id=port.id
        )
        return str(made.floating_ip_address)


class AwaitServer(AwaitOfServer):
    id = "active"
    title = "Wait for Nova to start it"

    async def act(self, context: Context) -> None:
        if context.host.dry_run:
            return
        await context.wait_for(lambda: call(context, DEMO, self._look), quiet_seconds=BUILD_SECONDS)

    def _look(self, cloud: Connection) -> Look:
        server = server_of(cloud, self._name)
        state = f"{server.status}, {server.task_state or 'no task'}"
        return Look(server.status == "ACTIVE", f"{self._name}: {state}", state, fault(cloud, server))


class AwaitAnswer(AwaitOfServer):
    id = "answer"
    title = "Wait until it answers"

    async def act(self, context: Context) -> None:
        if context.host.dry_run:
            return
        address = await call(context, DEMO, lambda cloud: floating_address(cloud, self._name))
        if interface := NodeSettings.read(context.paths).interface:
            context.report(
                f"{self._name} has {address} on the network of {interface}: this machine has no way there"
            )
            return

        async def look() -> Look:
            if await answers(address) is not None:
                return Look(done=True)
            said = await call(context, DEMO, lambda cloud: console(cloud, self._name))
            return Look(missing=f"{self._name} at {address}: no answer yet", progress=said)

        await context.wait_for(look, quiet_seconds=300)
        context.report(f"{self._name} answers at {address}")


def console(cloud: Connection, name: str) -> str:
    """The end of what the guest wrote while it booted; an emulated one on a slow machine takes minutes."""
    from openstack.exceptions import SDKException

    server = server_of(cloud, name)
    try:
        output = cloud.compute.get_server_console_output(server.id, length=CONSOLE_LINES)
    except SDKException:
        return ""
    return str(output.get("output", ""))


def server_of(cloud: Connection, name: str) -> Server:
    """The VM as it is now.  Raises SunbeamError where somebody has deleted it meanwhile."""
    found = cloud.compute.find_server(name)
    if found is None:
        raise SunbeamError(
            f"The VM {name} is gone",
            where=f"project {cloud.current_project.name}",
            why="it was there before; somebody else has deleted it",
            next_command=again(name),
            id="vm-gone",
        )
    return found


def is_lost(server: Server) -> bool:
    """Whether it is to be replaced: Nova has deleted it, or could not start it even once.

    One that ran keeps its disk in the status ERROR too (Nova's API reference, "Server statuses").
    """
    return server.status == "DELETED" or (server.status == "ERROR" and not server.launched_at)


def again(name: str) -> str:
    return shlex.join(["sunbeam", "launch", *(["--"] if name.startswith("-") else []), name])


def fault(cloud: Connection, server: Server) -> SunbeamError | None:
    """Why Nova gave a server up, or None."""
    if server.status != "ERROR":
        return None
    return SunbeamError(
        f"The VM {server.name} did not start" if is_lost(server) else f"The VM {server.name} is in error",
        where=f"project {cloud.current_project.name}",
        why=(server.fault or {}).get("message", "Nova gives no reason"),
        next_command=again(server.name)
        if is_lost(server)
        else f"openstack --os-cloud sunbeam server show {server.id}",
        id="vm-failed",
    )


async def answers(address: str) -> int | None:
    """The first of HTTP and SSH that accepts a connection, or None."""
    for port in PORTS:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                _, writer = await asyncio.open_connection(address, port)
        except (OSError, TimeoutError):
            continue
        writer.close()
        return port
    return None


def floating_address(cloud: Connection, name: str) -> str:
    """The server's floating address; empty if it has none."""
    server = cloud.compute.find_server(name)
    if server is None:
        return ""
    ports = [port.id for port in cloud.network.ports(device_id=server.id)]
    for address in cloud.network.ips():
        if address.port_id in ports:
            return str(address.floating_ip_address)
    return ""
