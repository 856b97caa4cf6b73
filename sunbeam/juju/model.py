"""One model: requests, uploads, configuration, constraints, annotations."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Mapping
from typing import Any

from sunbeam.juju.connection import Link
from sunbeam.juju.constraints import parse_constraints
from sunbeam.juju.credentials import Credentials
from sunbeam.juju.errors import JujuError, JujuUnreachable


class Model:
    """A connection to one model; the functions of this package take it as their first argument."""

    def __init__(self, credentials: Credentials, uuid: str, name: str, type: str) -> None:
        self.credentials = credentials
        self.uuid = uuid
        self.name = name
        self.type = type
        self.link = Link(credentials, uuid)
        self.generation = 0
        """Grows with each request that changes something; readers that cache compare it."""
        self.charm_urls: dict[str, asyncio.Future[str]] = {}
        """Packed charms sent over this connection: SHA-256 -> ``local:`` URL."""

    @property
    def is_kubernetes(self) -> bool:
        return self.type == "caas"

    async def read(self, facade: str, method: str, params: Any = None) -> Any:
        """A request that changes nothing and may be repeated."""
        return await self.link.request(facade, method, params, read=True)

    async def change(self, facade: str, method: str, params: Any = None) -> Any:
        """A request that changes something; it is sent once."""
        try:
            return await self.link.request(facade, method, params)
        finally:
            self.generation += 1

    async def upload(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Any:
        """Send ``body`` (bytes or an open file) to ``/model/UUID/PATH``; returns the JSON answer."""
        import aiohttp

        token = base64.b64encode(f"user-{self.credentials.username}:{self.credentials.password}".encode())
        endpoint = self.credentials.endpoints[0]
        url = f"https://{endpoint}/model/{self.uuid}/{path}"
        context = ssl.create_default_context(cadata=self.credentials.ca_certificate or None)
        context.check_hostname = not self.credentials.ca_certificate
        sent = {"Authorization": f"Basic {token.decode()}", **headers}
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None, sock_read=300)) as session,
                session.request(method, url, data=body, headers=sent, ssl=context) as answer,
            ):
                if answer.status != 200:
                    raise JujuError(
                        f"Juju refused an upload to {path.partition('?')[0]}",
                        where=f"model {self.name}",
                        why=f"{answer.status}: {(await answer.text()).strip()}",
                    )
                return await answer.json(content_type=None)
        except aiohttp.ClientError as error:
            raise JujuUnreachable(
                "cannot upload to Juju",
                where=f"model {self.name} at {endpoint}",
                why=str(error),
                next_command="sunbeam cluster status",
            ) from error

    async def config(self) -> dict[str, Any]:
        """Model configuration: ``key -> {"value", "source"}``; what a person set has source ``model``."""
        answer = await self.read("ModelConfig", "ModelGet")
        return dict(answer.get("config") or {})

    async def set_config(self, values: Mapping[str, Any], unset: list[str] | None = None) -> None:
        if values:
            await self.change("ModelConfig", "ModelSet", {"config": dict(values)})
        if unset:
            await self.change("ModelConfig", "ModelUnset", {"keys": unset})

    async def constraints(self) -> dict[str, Any]:
        answer = await self.read("ModelConfig", "GetModelConstraints")
        return {key: value for key, value in (answer.get("constraints") or {}).items() if value is not None}

    async def set_constraints(self, text: str) -> None:
        await self.change(
            "ModelConfig", "SetModelConstraints", {"application": "", "constraints": parse_constraints(text)}
        )

    async def annotations(self, tag: str) -> dict[str, str]:
        """The annotations of an entity's tag (``model-UUID``, ``application-NAME``, ``machine-N``)."""
        answer = await self.read("Annotations", "Get", {"entities": [{"tag": tag}]})
        return dict(answer["results"][0].get("annotations") or {})

    async def annotate(self, tag: str, annotations: Mapping[str, str]) -> None:
        """Set annotations; an empty value removes its key."""
        entry = {"entity": tag, "annotations": dict(annotations)}
        await self.change("Annotations", "Set", {"annotations": [entry]})
