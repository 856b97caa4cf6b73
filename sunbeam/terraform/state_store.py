"""States and locks of modules in the cluster store: compressed, sealed, a few versions kept."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from sunbeam.terraform.backend import boot_id, started

KEPT_VERSIONS = 20
LEASE_SECONDS = 60.0
"""A lock of another host that is not renewed for so long has lost its owner."""


class Documents(Protocol):
    """The part of the cluster store that is needed here (``sunbeam.cluster.store.ClusterStore``)."""

    async def get(self, key: str) -> bytes | None: ...
    async def put(self, key: str, value: bytes) -> None: ...
    async def delete(self, key: str) -> bool: ...
    async def create(self, key: str, value: bytes) -> bool: ...
    async def replace(self, key: str, old: bytes, new: bytes | None) -> bool: ...
    async def entries(self, prefix: str) -> dict[str, bytes]: ...


class Seal(Protocol):
    """Encrypts values; ``sunbeam.core.sealing.Sealer`` is one."""

    def seal(self, key: str, value: bytes) -> bytes: ...
    def open(self, key: str, sealed: bytes) -> bytes: ...


@dataclass(frozen=True)
class Lock:
    """Who holds a state: core's lock document, our owner, when it was taken and until when it lives."""

    id: str
    info: dict[str, Any] = field(default_factory=dict)
    owner: dict[str, str] = field(default_factory=dict)
    taken: float = 0.0
    expires: float | None = None

    @classmethod
    def parse(cls, raw: bytes) -> Lock:
        return cls(**json.loads(raw))

    def dump(self) -> bytes:
        return json.dumps(asdict(self), sort_keys=True).encode()

    @property
    def holder(self) -> str:
        """One line for a person."""
        if self.owner:
            return f"{self.owner['command']} (process {self.owner['pid']} on {self.owner['host']})"
        return str(self.info.get("Who") or "an unknown holder")


class States:
    """All modules' states.  ``host`` is this node's name: its own dead processes are seen at once."""

    def __init__(
        self, store: Documents, seal: Seal, host: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._store, self._seal, self._host, self._clock = store, seal, host, clock

    async def modules(self) -> list[str]:
        keys = await self._store.entries("terraform/")
        return sorted({key.split("/")[1] for key in keys if key.split("/")[2] in ("version", "lock")})

    async def versions(self, module: str) -> list[int]:
        """The numbers of the kept versions, oldest first."""
        keys = await self._store.entries(f"terraform/{module}/version/")
        return sorted(int(key.rpartition("/")[2]) for key in keys)

    async def get(self, module: str, version: int | None = None) -> bytes | None:
        """The state, newest unless a version is named; None when there is none."""
        number = version if version is not None else max(await self.versions(module), default=None)
        if number is None:
            return None
        key = _version_key(module, number)
        sealed = await self._store.get(key)
        return None if sealed is None else zlib.decompress(self._seal.open(key, sealed))

    async def put(self, module: str, state: bytes) -> None:
        """Add a version; the oldest beyond KEPT_VERSIONS go."""
        numbers = await self.versions(module)
        key = _version_key(module, (numbers[-1] if numbers else 0) + 1)
        await self._store.put(key, self._seal.seal(key, zlib.compress(state)))
        for number in numbers[: max(0, len(numbers) + 1 - KEPT_VERSIONS)]:
            await self._store.delete(_version_key(module, number))

    async def delete(self, module: str) -> None:
        for number in await self.versions(module):
            await self._store.delete(_version_key(module, number))

    async def lock(self, module: str) -> Lock | None:
        """The lock that is held; one whose owner is dead counts as none."""
        raw = await self._store.get(_lock_key(module))
        if raw is None:
            return None
        lock = Lock.parse(raw)
        return None if self._is_dead(lock) else lock

    async def acquire(self, module: str, info: dict[str, Any], owner: dict[str, str]) -> Lock | None:
        """Take the lock; returns the holder when someone else has it, None when it is ours."""
        now = self._clock()
        lock = Lock(str(info["ID"]), info, owner, now, now + LEASE_SECONDS if owner else None)
        while not await self._store.create(_lock_key(module), lock.dump()):
            raw = await self._store.get(_lock_key(module))
            if raw is None:
                continue
            holder = Lock.parse(raw)
            if holder.id == lock.id:  # core asks again when the answer to its first request was lost
                return None
            if not self._is_dead(holder):
                return holder
            if await self._store.replace(_lock_key(module), raw, lock.dump()):
                return None
        return None

    async def renew(self, module: str, id: str) -> bool:
        """Prolong the lock's life; False when it is not ours any more."""
        raw = await self._store.get(_lock_key(module))
        if raw is None or Lock.parse(raw).id != id:
            return False
        lock = Lock.parse(raw)
        prolonged = Lock(lock.id, lock.info, lock.owner, lock.taken, self._clock() + LEASE_SECONDS)
        return await self._store.replace(_lock_key(module), raw, prolonged.dump())

    async def release(self, module: str, id: str) -> Lock | None:
        """Release the lock of that id; returns the holder when it is another one, None when it is free."""
        raw = await self._store.get(_lock_key(module))
        if raw is None:
            return None
        holder = Lock.parse(raw)
        if holder.id != id:
            return holder
        await self._store.replace(_lock_key(module), raw, None)
        return None

    def _is_dead(self, lock: Lock) -> bool:
        if not lock.owner:
            return False
        if lock.owner["host"] == self._host:
            rebooted = lock.owner["boot"] != boot_id()
            return rebooted or started(int(lock.owner["pid"])) != lock.owner["started"]
        return lock.expires is not None and lock.expires < self._clock()


def _version_key(module: str, number: int) -> str:
    return f"terraform/{module}/version/{number:09d}"


def _lock_key(module: str) -> str:
    return f"terraform/{module}/lock"
