"""OpenStack's REST APIs through their public URLs, for looking: openstacksdk takes seconds to load."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

ANSWER_SECONDS = 10.0


class OpenStackApi:
    """A scoped token and the catalog that came with it; ``log_in`` first.

    Methods raise aiohttp.ClientError, OSError or TimeoutError when there is no answer or a refusal.
    """

    def __init__(self, entry: Mapping[str, Any], session: aiohttp.ClientSession) -> None:
        self._entry = entry
        self._session = session
        self._headers: dict[str, str] = {}
        self.catalog: list[dict[str, Any]] = []

    @property
    def auth_url(self) -> str:
        return str(self._entry["auth"]["auth_url"])

    async def log_in(self) -> None:
        """POST /v3/auth/tokens with the password of clouds.yaml."""
        auth = self._entry["auth"]
        user = {
            "name": auth["username"],
            "domain": {"name": auth["user_domain_name"]},
            "password": auth["password"],
        }
        project = {"name": auth["project_name"], "domain": {"name": auth["project_domain_name"]}}
        request = {
            "auth": {
                "identity": {"methods": ["password"], "password": {"user": user}},
                "scope": {"project": project},
            }
        }
        async with self._session.post(f"{self.auth_url}/auth/tokens", json=request) as answer:
            answer.raise_for_status()
            self._headers = {"X-Auth-Token": answer.headers["X-Subject-Token"]}
            self.catalog = (await answer.json())["token"]["catalog"]

    def endpoints(self) -> dict[str, str]:
        """Service type -> public URL in our region."""
        return {
            service["type"]: endpoint["url"].rstrip("/")
            for service in sorted(self.catalog, key=lambda service: str(service["type"]))
            for endpoint in service["endpoints"]
            if endpoint["interface"] == "public" and endpoint["region"] == self._entry["region_name"]
        }

    async def get(self, url: str) -> Any:
        """The JSON answer, or its text if it is none."""
        async with self._session.get(url, headers=self._headers) as answer:
            answer.raise_for_status()
            return await (answer.json() if answer.content_type == "application/json" else answer.text())


@asynccontextmanager
async def open_api(entry: Mapping[str, Any], seconds: float = ANSWER_SECONDS) -> AsyncIterator[OpenStackApi]:
    """``entry`` is a cloud of clouds.yaml; its ``cacert`` is the only authority that is trusted.

    An answer may take ``seconds``.
    """
    tls = ssl.create_default_context(cafile=entry["cacert"])
    async with aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=seconds),
        connector=aiohttp.TCPConnector(ssl=tls),
    ) as session:
        yield OpenStackApi(entry, session)
