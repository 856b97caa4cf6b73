"""One websocket connection of the Juju API: JSON requests in, replies out, one task per request."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
from typing import Any

from aiohttp import WSMsgType, web
from pydantic import Field, ValidationError

from sunbeam.core.ending import end
from sunbeam.operators.api.call import Call, Session, error_code
from sunbeam.operators.api.login import Authenticator
from sunbeam.operators.api.permissions import is_superuser, model_access
from sunbeam.operators.api.registry import NotImplementedMethod, advertised, find_method
from sunbeam.operators.api.wire import Json, Params
from sunbeam.operators.entities import Model, User
from sunbeam.operators.operations.controller import JUJU_VERSION
from sunbeam.operators.operations.errors import BadRequest, NotFound, OperationError, Unauthorized
from sunbeam.operators.operations.secrets import SecretError

logger = logging.getLogger(__name__)

MAX_FRAME_BYTES = 16 * 2**20
MAX_PENDING_REQUESTS = 256
LOGIN_SECONDS = 60.0
HEARTBEAT_SECONDS = 30.0


class ModelNotFound(NotFound):
    code = "model not found"


class Request(Params):
    """A frame from the client; ``Id`` names the watcher in requests to one."""

    type: str
    request: str
    version: int = 0
    request_id: int = 0
    object_id: str = Field("", alias="Id")
    params: Any = None

    @property
    def name(self) -> str:
        return f"{self.type}({self.version}).{self.request}"


class LoginParams(Params):
    auth_tag: str = ""
    credentials: str = ""


class Connection:
    """Reads frames until the client goes; a slow or blocked request never holds up the others."""

    def __init__(self, session: Session, authenticator: Authenticator, socket: web.WebSocketResponse) -> None:
        self._session = session
        self._authenticator = authenticator
        self._socket = socket
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(MAX_PENDING_REQUESTS)

    async def serve(self) -> None:
        deadline = asyncio.get_running_loop().call_later(LOGIN_SECONDS, self._hang_up_unless_logged_in)
        try:
            async for frame in self._socket:
                if frame.type != WSMsgType.TEXT:
                    break
                await self._slots.acquire()
                task = asyncio.create_task(self._handle(frame.data))
                self._tasks.add(task)
                task.add_done_callback(self._done)
        finally:
            deadline.cancel()
            self._session.close()
            await end(self._tasks)

    async def answer(self, request: Request) -> Json:
        """The reply's fields besides its id.  ``response`` is present in errors too: clients need it."""
        self._session.services.calls[f"{request.type}.{request.request}"] += 1
        try:
            return {"response": await self._respond(request)}
        except (OperationError, SecretError) as error:
            if isinstance(error, NotImplementedMethod):
                self._session.services.misses[request.name] += 1
                logger.warning("The Juju API was asked for %s, which is not implemented", request.name)
            return {"error": str(error), "error-code": error_code(error), "response": {}}
        except Exception as error:
            logger.exception("%s failed", request.name)
            return {"error": f"{request.name} failed: {error!r}", "error-code": "", "response": {}}

    async def _handle(self, frame: str) -> None:
        try:
            request = Request.model_validate(json.loads(frame))
        except (ValueError, ValidationError):
            await self._socket.close(code=1003, message=b"expected a JSON request")
            return
        reply = {"request-id": request.request_id, **await self.answer(request)}
        if not self._socket.closed:
            try:
                await self._socket.send_str(json.dumps(reply, default=str))  # YAML knows dates, JSON does not
            except ConnectionError:
                logger.debug("The client of %s went before the reply", request.name)

    async def _respond(self, request: Request) -> Json:
        on_model = bool(self._session.model_uuid)
        if (request.type, request.request) == ("Admin", "Login"):
            return self._login(request.params)
        user = self._current_user()
        found = find_method(request.type, request.version, request.request, on_model)
        call = Call(self._session, user, request.object_id)
        call.require(found.access)
        reply = found.handler(call, *found.parse(request.params))
        return await reply if inspect.isawaitable(reply) else reply

    def _current_user(self) -> User:
        """Looked up for each request: a removed or disabled user loses access at once."""
        user = self._session.services.store.get(User, "", self._session.user_name)
        if user is None or user.disabled:
            raise Unauthorized("not logged in")
        return user

    def _login(self, raw: Any) -> Json:
        try:
            params = LoginParams.model_validate(raw or {})
        except ValidationError:
            raise BadRequest("Admin.Login: expected auth-tag and credentials") from None
        user = self._authenticator.login(self._session.peer, params.auth_tag, params.credentials)
        model = self._model_for(user)
        self._session.user_name = user.name
        controller = self._session.services.controller
        reply: Json = {
            "controller-tag": f"controller-{controller.uuid}",
            "server-version": JUJU_VERSION,
            "public-dns-name": "",
            "servers": [[_address(endpoint)] for endpoint in controller.endpoints],
            "facades": [
                {"name": name, "versions": versions}
                for name, versions in sorted(advertised(on_model=model is not None).items())
            ],
            "user-info": {
                "identity": f"user-{user.name}",
                "display-name": user.display_name,
                "controller-access": user.access,
                "model-access": model_access(user, model) if model else "",
            },
        }
        if model is not None:
            reply["model-tag"] = f"model-{model.model_uuid}"
        return reply

    def _model_for(self, user: User) -> Model | None:
        model_uuid = self._session.model_uuid
        if not model_uuid:
            return None
        model = self._session.services.store.get(Model, model_uuid, model_uuid)
        if model is None:
            raise ModelNotFound(f'unknown model: "{model_uuid}"')
        if not is_superuser(user) and not model_access(user, model):
            raise Unauthorized()
        return model

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._slots.release()

    def _hang_up_unless_logged_in(self) -> None:
        if not self._session.user_name:
            task = asyncio.create_task(self._close_idle())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _close_idle(self) -> None:
        await self._socket.close(code=1008, message=b"no login")


def _address(endpoint: str) -> Json:
    host, _, port = endpoint.rpartition(":")
    kind = "ipv6" if ":" in host else "ipv4" if host.replace(".", "").isdigit() else "hostname"
    return {"value": host.strip("[]"), "type": kind, "scope": "local-cloud", "port": int(port)}
