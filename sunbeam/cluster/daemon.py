"""sunbeamd: the operator engine with its Juju API, and the Terraform state endpoint, in one process.

It keeps nothing that is not on disk: killed at any moment, it continues when it is started again, and pods
and machines keep running meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import platform
import secrets
import signal
import ssl
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

from aiohttp import web
from cryptography.exceptions import InvalidTag

from sunbeam.cluster import refusal
from sunbeam.cluster.certificates import ClusterCertificates
from sunbeam.cluster.etcd import etcd_store
from sunbeam.cluster.settings import NodeSettings
from sunbeam.cluster.store import ClusterStore, ensure_key
from sunbeam.core.paths import Paths
from sunbeam.core.process import SystemProcesses
from sunbeam.core.sealing import Sealer
from sunbeam.core.snapshot import replace_file
from sunbeam.operators.api.server import ApiServer, server_tls
from sunbeam.operators.engine import Engine
from sunbeam.operators.entities import Model
from sunbeam.operators.juju_data import write_juju_data
from sunbeam.operators.operations.controller import Controller, ensure_controller
from sunbeam.operators.pebble import build_pebble
from sunbeam.operators.runtime import Runtime
from sunbeam.operators.store import EntityChange, Store
from sunbeam.substrates.embedded.assembly import embedded_runtime
from sunbeam.terraform.backend import StateBackend
from sunbeam.terraform.state_server import BASE, LARGEST_STATE, basic_auth, routes
from sunbeam.terraform.state_store import States
from sunbeam.web.serving import kept as kept_web_view

HOST = "127.0.0.1"
KEY_BYTES = 32
CONTROLLER_NAME = "sunbeam"
ADMIN = "admin"

logger = logging.getLogger("sunbeamd")

NewRuntime = Callable[[Paths, NodeSettings], Awaitable[Runtime]]


def key_file(paths: Paths) -> Path:
    """The key that seals secrets in the engine's and the cluster's store; a backup needs it."""
    return paths.state / "secrets" / "sealing.key"


def ensure_admin_password(paths: Paths) -> str:
    """The Juju API administrator's password; made once."""
    path = paths.state / "secrets" / "admin-password"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_file(path, secrets.token_urlsafe(24).encode(), 0o600)
    return path.read_text().strip()


async def embedded(paths: Paths, settings: NodeSettings) -> Runtime:
    """Pods and machines on this node."""
    return await embedded_runtime(SystemProcesses(), paths, settings.network, build_pebble)


async def serve(paths: Paths, stopping: asyncio.Event, new_runtime: NewRuntime = embedded) -> None:
    """Run until ``stopping``.  Raises SunbeamError and others if it cannot even start."""
    settings = NodeSettings.read(paths)
    certificates = ClusterCertificates(paths.certificates)
    certificate = certificates.ensure("sunbeamd", ["localhost", HOST])
    authority = certificates.authority.certificate.read_text()
    tls = server_tls(certificate.certificate, certificate.key)
    password = ensure_admin_password(paths)
    key = _sealing_key(paths)

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(kept_web_view(paths))
        store = Store.open(paths.engine / "engine.db", key)
        stack.callback(store.close)
        uuid = ensure_controller(store, password)
        controller = Controller(uuid, CONTROLLER_NAME, (f"{HOST}:{settings.api_port}",), authority)
        _keep_juju_data(paths, store, controller, password)

        cluster = etcd_store(paths, settings)
        if not await _reachable(cluster, stopping):
            return
        if await cluster.make_room():
            logger.warning("the cluster store was full: its history was dropped")
        await cluster.put(f"nodes/{settings.name}", json.dumps({"roles": settings.roles}).encode())
        backend = StateBackend(f"https://{HOST}:{settings.state_port}{BASE}", ADMIN, password, authority)
        backend.write(paths.terraform)
        states = States(cluster, Sealer(key), platform.node())
        await _open_states(paths, states)
        await _serve_states(stack, states, tls, settings.state_port, password)

        engine = Engine(
            store, await new_runtime(paths, settings), paths, api_address=f"{HOST}:{settings.api_port}"
        )
        await engine.start()
        stack.push_async_callback(engine.stop)
        server = ApiServer(store, controller, tls, HOST, settings.api_port, paths)
        await server.start()
        stack.push_async_callback(server.stop)
        refusal.forget(paths)
        logger.info("ready")
        await stopping.wait()
        logger.info("stopping")


def _sealing_key(paths: Paths) -> bytes:
    """Raises SunbeamError if it is damaged, or gone although something was sealed with it."""
    file = key_file(paths)
    if not file.exists() and (paths.engine / "engine.db").exists():
        raise refusal.wrong_key(paths, "the file is gone")
    key = ensure_key(file)
    if len(key) != KEY_BYTES:
        raise refusal.wrong_key(paths, f"it has {len(key)} bytes instead of {KEY_BYTES}")
    return key


async def _open_states(paths: Paths, states: States) -> None:
    """Raises SunbeamError if Terraform's states were sealed with another key."""
    try:
        for module in await states.modules():
            await states.get(module)
    except InvalidTag:
        raise refusal.wrong_key(paths, f"the state of module {module} was sealed with another key") from None


def _keep_juju_data(paths: Paths, store: Store, controller: Controller, password: str) -> None:
    """Write $JUJU_DATA now and whenever a model comes or goes."""

    def write() -> None:
        write_juju_data(paths.juju_data, controller, store.all(Model), password)

    def on_changes(changes: list[EntityChange]) -> None:
        if any(isinstance(change.entity, Model) for change in changes):
            write()

    write()
    store.subscribe(on_changes)


async def _reachable(cluster: ClusterStore, stopping: asyncio.Event) -> bool:
    """Wait for etcd, which starts beside us; whether it answered before we were told to stop."""
    answered = asyncio.ensure_future(_answered(cluster))
    told = asyncio.ensure_future(stopping.wait())
    try:
        await asyncio.wait([answered, told], return_when=asyncio.FIRST_COMPLETED)
        return not stopping.is_set()
    finally:
        answered.cancel()
        told.cancel()


async def _answered(cluster: ClusterStore) -> None:
    while True:
        try:
            await cluster.get("nodes")
            return
        except Exception as error:
            # etcd3gw drops the reason: "connection refused", a certificate, ...
            logger.info("waiting for the cluster store: %s", error.__context__ or error)
            await asyncio.sleep(0.3)


async def _serve_states(
    stack: AsyncExitStack, states: States, tls: ssl.SSLContext, port: int, password: str
) -> None:
    application = web.Application(client_max_size=LARGEST_STATE)
    application.add_routes(routes(states, basic_auth(ADMIN, password)))
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=2)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, HOST, port, ssl_context=tls).start()


async def _main(paths: Paths, new_runtime: NewRuntime) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await serve(paths, stopping, new_runtime)


def main(new_runtime: NewRuntime = embedded) -> None:
    """``python -m sunbeam.cluster.daemon [ROOT]``: what the service runs."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    paths = Paths(Path(sys.argv[1] if len(sys.argv) > 1 else "/").absolute())
    if paths.state.is_dir():
        os.chdir(paths.state)  # conmon leaves a file "oom" where it was started
    try:
        asyncio.run(_main(paths, new_runtime))
    except Exception as failure:
        error = refusal.understood(paths, failure)
        if error is None:
            raise
        refusal.keep(paths, error)
        logger.error("cannot start: %s", error)
        sys.exit(1)


if __name__ == "__main__":
    main()
