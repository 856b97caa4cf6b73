"""sunbeamd: the operator engine with its Juju API, and the Terraform state endpoint, in one process.

It keeps nothing that is not on disk: killed at any moment, it continues when it is started again, and pods
and machines keep running meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import signal
import ssl
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from aiohttp import web

from sunbeam.cluster.certificates import ClusterCertificates
from sunbeam.cluster.etcd import etcd_store
from sunbeam.cluster.settings import NodeSettings
from sunbeam.cluster.store import ClusterStore, Sealer, ensure_key
from sunbeam.core.paths import Paths
from sunbeam.core.process import SystemProcesses
from sunbeam.core.snapshot import replace_file
from sunbeam.operators.api.server import ApiServer
from sunbeam.operators.engine import Engine
from sunbeam.operators.entities import Model
from sunbeam.operators.juju_data import write_juju_data
from sunbeam.operators.operations.controller import Controller, ensure_controller
from sunbeam.operators.pebble import build_pebble
from sunbeam.operators.store import EntityChange, Store
from sunbeam.substrates.embedded.assembly import embedded_runtime
from sunbeam.terraform.backend import StateBackend
from sunbeam.terraform.state_server import BASE, LARGEST_STATE, basic_auth, routes
from sunbeam.terraform.state_store import States

HOST = "127.0.0.1"
CONTROLLER_NAME = "sunbeam"
ADMIN = "admin"

logger = logging.getLogger("sunbeamd")


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


async def serve(paths: Paths, stopping: asyncio.Event) -> None:
    """Run until ``stopping``."""
    settings = NodeSettings.read(paths)
    certificates = ClusterCertificates(paths.certificates)
    certificate = certificates.ensure("sunbeamd", ["localhost", HOST])
    authority = certificates.authority.certificate.read_text()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate.certificate, certificate.key)
    password = ensure_admin_password(paths)
    key = ensure_key(key_file(paths))

    async with AsyncExitStack() as stack:
        store = Store.open(paths.engine / "engine.db", key)
        stack.callback(store.close)
        uuid = ensure_controller(store, password)
        controller = Controller(uuid, CONTROLLER_NAME, (f"{HOST}:{settings.api_port}",), authority)
        _keep_juju_data(paths, store, controller, password)

        cluster = etcd_store(paths)
        await _reachable(cluster)
        await cluster.put(f"nodes/{settings.name}", json.dumps({"roles": ["control", "compute"]}).encode())
        backend = StateBackend(f"https://{HOST}:{settings.state_port}{BASE}", ADMIN, password, authority)
        backend.write(paths.terraform)
        states = States(cluster, Sealer(key), settings.name)
        await _serve_states(stack, states, tls, settings.state_port, password)

        runtime = await embedded_runtime(SystemProcesses(), paths, settings.network, build_pebble)
        engine = Engine(store, runtime, paths, api_address=f"{HOST}:{settings.api_port}")
        await engine.start()
        stack.push_async_callback(engine.stop)
        server = ApiServer(store, controller, tls, HOST, settings.api_port, paths)
        await server.start()
        stack.push_async_callback(server.stop)
        logger.info("ready")
        await stopping.wait()
        logger.info("stopping")


def _keep_juju_data(paths: Paths, store: Store, controller: Controller, password: str) -> None:
    """Write $JUJU_DATA now and whenever a model comes or goes."""

    def write() -> None:
        write_juju_data(paths.juju_data, controller, store.all(Model), password)

    def on_changes(changes: list[EntityChange]) -> None:
        if any(isinstance(change.entity, Model) for change in changes):
            write()

    write()
    store.subscribe(on_changes)


async def _reachable(cluster: ClusterStore) -> None:
    """Wait for etcd; it starts beside us."""
    while True:
        try:
            await cluster.get("nodes")
            return
        except Exception as error:
            logger.info("waiting for the cluster store: %s", error)
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


async def _main(paths: Paths) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await serve(paths, stopping)


def main() -> None:
    """``python -m sunbeam.cluster.daemon [ROOT]``: what the service runs."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run(_main(Paths(Path(sys.argv[1] if len(sys.argv) > 1 else "/"))))


if __name__ == "__main__":
    main()
