"""The Juju API server: one TLS port for websockets, uploads and the charm store."""

from __future__ import annotations

import asyncio
import logging
import ssl
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from sunbeam.core.paths import Paths
from sunbeam.core.snapshot import take_place
from sunbeam.operators.api import debug_log
from sunbeam.operators.api.call import Services, Session
from sunbeam.operators.api.connection import HEARTBEAT_SECONDS, MAX_FRAME_BYTES, Connection
from sunbeam.operators.api.login import Authenticator, TooManyFailures
from sunbeam.operators.api.permissions import ModelLevel, require
from sunbeam.operators.api.registry import NotImplementedMethod, load_facades
from sunbeam.operators.api.uploads import (
    MAX_CHARM_BYTES,
    MAX_RESOURCE_BYTES,
    TooLarge,
    receive,
    sweep,
    unpack_charm,
)
from sunbeam.operators.api.watcher import Feeds
from sunbeam.operators.entities import Application, Charm, Model, PendingResource
from sunbeam.operators.operations.charms import add_charm, stored_charm
from sunbeam.operators.operations.controller import Controller, model_by_uuid
from sunbeam.operators.operations.edit import ModelView, edit
from sunbeam.operators.operations.errors import (
    AlreadyExists,
    BadRequest,
    NotFound,
    OperationError,
    Unauthorized,
)
from sunbeam.operators.operations.resources import attach, declared_type, fill_pending, image_name
from sunbeam.operators.store import Store

logger = logging.getLogger(__name__)

MAX_IMAGE_DOCUMENT_BYTES = 64 * 1024
CLOSE_SECONDS = 2.0
_HTTP_STATUS: tuple[tuple[type[OperationError], int], ...] = (
    (Unauthorized, 401),
    (NotFound, 404),
    (AlreadyExists, 409),
    (TooLarge, 413),
    (TooManyFailures, 429),
    (NotImplementedMethod, 501),
    (OperationError, 400),
)


class ApiServer:
    """Serves ``store`` as the Juju controller ``controller`` on ``host:port``, the first of its endpoints.

    ``paths`` says where uploaded charms and resources are kept (``engine/charms``, ``engine/resources``).
    """

    def __init__(
        self,
        store: Store,
        controller: Controller,
        ssl_context: ssl.SSLContext,
        host: str,
        port: int,
        paths: Paths,
    ) -> None:
        self._tls = ssl_context
        self._host, self._port = host, port
        self._paths = paths
        self._services = Services(store, controller, paths, Feeds(store))
        self._authenticator = Authenticator(store)
        self._sockets: set[web.WebSocketResponse] = set()
        self._runner: web.AppRunner | None = None
        load_facades()

    @property
    def services(self) -> Services:
        return self._services

    async def start(self) -> None:
        self._sweep_uploads()
        routes = web.Application(middlewares=[_errors_as_json])
        routes.add_routes(
            [
                web.get("/api", self._api),
                web.get("/model/{uuid}/api", self._api),
                web.get("/model/{uuid}/log", self._debug_log),
                web.post("/model/{uuid}/charms", self._upload_charm),
                web.put("/model/{uuid}/charms/{reference}", self._upload_charm),
                web.put("/model/{uuid}/applications/{application}/resources/{name}", self._upload_resource),
                web.get("/v2/charms/info/{name}", self._charm_info),
            ]
        )
        self._runner = web.AppRunner(routes, access_log=None, shutdown_timeout=CLOSE_SECONDS)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port, ssl_context=self._tls).start()
        logger.info("The Juju API listens on %s:%s", self._host, self._port)

    async def stop(self) -> None:
        """End every connection; may be called again.  The engine's work goes on."""
        self._services.feeds.close()
        await asyncio.gather(
            *(socket.close(code=1001, message=b"the controller stops") for socket in set(self._sockets)),
            return_exceptions=True,
        )
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    def _sweep_uploads(self) -> None:
        store, engine = self._services.store, self._paths.engine
        files = {value for one in store.all(Application) for value in one.resources.values()}
        files |= {pending.value for pending in store.all(PendingResource)}
        charms = {charm.path for charm in store.all(Charm)}
        sweep(engine / "charms", engine / "resources", charms, files)

    async def _api(self, request: web.Request) -> web.WebSocketResponse:
        session = Session(self._services, request.remote or "", request.match_info.get("uuid", ""))
        socket = await self._socket(request)
        try:
            await Connection(session, self._authenticator, socket).serve()
        finally:
            self._sockets.discard(socket)
        return socket

    async def _debug_log(self, request: web.Request) -> web.WebSocketResponse:
        model = self._authorized_model(request, "read")
        lists = {name: request.query.getall(name) for name in request.query}
        wanted = debug_log.LogFilter.from_query(request.query, lists)
        socket = await self._socket(request)
        try:
            await socket.send_str(debug_log.FIRST_FRAME)
            await debug_log.stream(self._services.store, model.model_uuid, wanted, socket)
            await socket.close()
        finally:
            self._sockets.discard(socket)
        return socket

    async def _upload_charm(self, request: web.Request) -> web.Response:
        model = self._authorized_model(request, "write")
        charms = self._paths.engine / "charms"
        received = await receive(request.content, charms, MAX_CHARM_BYTES)
        try:
            folder = await asyncio.to_thread(unpack_charm, received.path, charms, received.sha256)
        finally:
            received.path.unlink(missing_ok=True)
        series = request.query.get("series", "")
        with edit(self._services.store, model) as editing:
            editing.require_alive()
            charm = add_charm(editing, folder, received.sha256, "" if series == "None" else series)
        return web.json_response({"charm-url": charm.url}, headers={"Juju-Curl": charm.url})

    async def _upload_resource(self, request: web.Request) -> web.Response:
        model = self._authorized_model(request, "write")
        name, application = request.match_info["name"], request.match_info["application"]
        pending_id = request.query.get("pendingid", "")
        kind = self._resource_type(model, application, name, pending_id)
        value, fingerprint = await self._receive_resource(request, kind)
        with edit(self._services.store, model) as editing:
            if pending_id:
                fill_pending(editing, pending_id, name, value, fingerprint)
            else:
                attach(editing, editing.application(application), name, value)
        return web.json_response({"id": f"{application}/{name}", "timestamp": None})

    def _resource_type(self, model: Model, application: str, name: str, pending_id: str) -> str:
        view = ModelView(self._services.store, model)
        if not pending_id:
            return declared_type(view.charm_of(view.application(application)), name)
        pending = view.find(PendingResource, pending_id)
        if pending is None:
            raise NotFound(f'pending resource "{name}" ({pending_id}) not found')
        return pending.type

    async def _receive_resource(self, request: web.Request, kind: str) -> tuple[str, str]:
        """The value to keep and the SHA-384 of what was sent, which must be what the client says."""
        folder = self._paths.engine / "resources"
        limit = MAX_IMAGE_DOCUMENT_BYTES if kind == "oci-image" else MAX_RESOURCE_BYTES
        received = await receive(request.content, folder, limit)
        try:
            expected = request.headers.get("Content-Sha384", received.sha384)
            if expected != received.sha384:
                raise BadRequest("the upload does not match its Content-Sha384 header")
            if kind == "oci-image":
                return image_name(received.path.read_bytes()), received.sha384
            kept = folder / received.sha384
            await asyncio.to_thread(take_place, received.path, kept)
            return str(kept), received.sha384
        finally:
            received.path.unlink(missing_ok=True)

    async def _charm_info(self, request: web.Request) -> web.Response:
        """What Charmhub would tell of a charm, for the charms that were uploaded here."""
        charm = stored_charm(self._services.store, request.match_info["name"])
        base = {"name": "ubuntu", "channel": "24.04", "architecture": "amd64"}
        release = {
            "channel": {"name": "stable", "track": "latest", "risk": "stable", "base": base},
            "revision": {
                "revision": charm.revision,
                "version": str(charm.revision),
                "subordinate": bool(charm.metadata.get("subordinate")),
            },
            "resources": [],
        }
        return web.json_response(
            {
                "id": charm.name,
                "name": charm.name,
                "type": "charm",
                "default-release": release,
                "channel-map": [release],
            }
        )

    def _authorized_model(self, request: web.Request, level: ModelLevel) -> Model:
        header = request.headers.get("Authorization", "")
        user = self._authenticator.basic(request.remote or "", header)
        model = model_by_uuid(self._services.store, request.match_info["uuid"])
        require(user, model, level)
        return model

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS, max_msg_size=MAX_FRAME_BYTES)
        await socket.prepare(request)
        self._sockets.add(socket)
        return socket


@web.middleware
async def _errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except OperationError as error:
        status = next(status for kind, status in _HTTP_STATUS if isinstance(error, kind))
        return web.json_response({"error": {"message": str(error), "code": error.code}}, status=status)


def server_tls(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context
