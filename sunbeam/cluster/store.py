"""The cluster store: small documents in etcd, read and written with mutual TLS (design D9).

Values that may hold secrets are sealed with AES-256-GCM under the deployment's key before they leave this
process; etcd never sees them in clear.
"""

from __future__ import annotations

import asyncio
import os
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, TypeVar

from etcd3gw import Etcd3Client
from etcd3gw.exceptions import ConnectionTimeoutError, Etcd3Exception

from sunbeam.cluster.certificates import KeyPair
from sunbeam.core.snapshot import replace_file

T = TypeVar("T")
PREFIX = "/sunbeam/"
NO_SPACE = "NOSPACE"
"""etcd's alarm when its quota is used up; it refuses writes until the alarm is taken back."""
TIMED_OUT = "etcdserver: request timed out"
ANSWER_SECONDS = 60.0
PATIENCE = 300.0
"""Seconds: etcd gives up a request after seven, and a disk that is busy with images may take longer for the
few bytes that are written before an answer."""


class ClusterStore(Protocol):
    """Keys are slash-separated words below ``/sunbeam/``; values are bytes."""

    async def get(self, key: str) -> bytes | None: ...

    async def put(self, key: str, value: bytes) -> None: ...

    async def delete(self, key: str) -> bool:
        """Whether the key was there."""
        ...

    async def create(self, key: str, value: bytes) -> bool:
        """Put only if the key does not exist, in one transaction; whether it was put."""
        ...

    async def replace(self, key: str, old: bytes, new: bytes | None) -> bool:
        """Put ``new`` (None: delete) only if the value still is ``old``; whether it was."""
        ...

    async def entries(self, prefix: str) -> dict[str, bytes]: ...


def encode(value: bytes | str) -> str:
    """Base64 text, as etcd's JSON gateway wants keys and values."""
    return b64encode(value.encode() if isinstance(value, str) else value).decode()


def ensure_key(path: Path) -> bytes:
    """The 32 bytes of a key file (0600); it is made when it does not exist, and never replaced."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_file(path, os.urandom(32), 0o600)
    return path.read_bytes()


class EtcdStore:
    """ClusterStore on one etcd endpoint."""

    def __init__(self, host: str, port: int, authority: Path, client: KeyPair) -> None:
        self._client = Etcd3Client(
            host=host,
            port=port,
            protocol="https",
            ca_cert=str(authority),
            cert_cert=str(client.certificate),
            cert_key=str(client.key),
            api_path="/v3/",
            timeout=ANSWER_SECONDS,
        )
        # Our CA and no proxy, whatever REQUESTS_CA_BUNDLE or http_proxy say.
        self._client.session.trust_env = False

    async def get(self, key: str) -> bytes | None:
        found = await _patiently(self._client.get, PREFIX + key)
        return bytes(found[0]) if found else None

    async def put(self, key: str, value: bytes) -> None:
        await _patiently(self._client.put, PREFIX + key, value)

    async def delete(self, key: str) -> bool:
        return bool(await asyncio.to_thread(self._client.delete, PREFIX + key))

    async def create(self, key: str, value: bytes) -> bool:
        name = encode(PREFIX + key)
        return await self._transaction(
            {"key": name, "result": "EQUAL", "target": "CREATE", "create_revision": 0},
            {"request_put": {"key": name, "value": encode(value)}},
        )

    async def replace(self, key: str, old: bytes, new: bytes | None) -> bool:
        name = encode(PREFIX + key)
        change: dict[str, Any] = {"request_delete_range": {"key": name}}
        if new is not None:
            change = {"request_put": {"key": name, "value": encode(new)}}
        return await self._transaction(
            {"key": name, "result": "EQUAL", "target": "VALUE", "value": encode(old)}, change
        )

    async def entries(self, prefix: str) -> dict[str, bytes]:
        found = await _patiently(self._client.get_prefix, PREFIX + prefix)
        return {metadata["key"].decode().removeprefix(PREFIX): bytes(value) for value, metadata in found}

    async def make_room(self) -> bool:
        """Whether the store was full: then its history is dropped, its file made small and writing allowed.

        The order is that of etcd's documentation, op-guide/maintenance, "Space quota".
        """
        alarms = (await self._maintain("alarm", action="GET")).get("alarms", [])
        full = [each["memberID"] for each in alarms if each["alarm"] == NO_SPACE]
        if full:
            revision = (await self._maintain("status"))["header"]["revision"]
            # What the last compaction left is an error to compact again.
            with suppress(Etcd3Exception):
                await self._post("kv/compaction", revision=revision, physical=True)
            await self._maintain("defragment")
        for member in full:
            await self._maintain("alarm", action="DEACTIVATE", memberID=member, alarm=NO_SPACE)
        return bool(full)

    async def _maintain(self, verb: str, **wanted: Any) -> dict[str, Any]:
        return await self._post(f"maintenance/{verb}", **wanted)

    async def _post(self, path: str, **wanted: Any) -> dict[str, Any]:
        answer = await asyncio.to_thread(self._client.post, self._client.get_url(path), json=wanted)
        return dict(answer)

    async def _transaction(self, condition: dict[str, Any], change: dict[str, Any]) -> bool:
        answer = await asyncio.to_thread(
            self._client.transaction, {"compare": [condition], "success": [change], "failure": []}
        )
        return bool(answer.get("succeeded"))


async def _patiently(request: Callable[..., T], *arguments: Any) -> T:
    """Ask again when etcd or its answer took too long; only for what may be done twice.

    Raises what the client raises for everything else, and after PATIENCE seconds.
    """
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        try:
            return await asyncio.to_thread(request, *arguments)
        except Etcd3Exception as error:
            late = isinstance(error, ConnectionTimeoutError) or TIMED_OUT in str(error.detail_text)
            if not late or asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(1)
