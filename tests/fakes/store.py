"""A cluster store in memory."""

from __future__ import annotations


class MemoryStore:
    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def get(self, key: str) -> bytes | None:
        return self.kept.get(key)

    async def put(self, key: str, value: bytes) -> None:
        self.kept[key] = value

    async def delete(self, key: str) -> bool:
        return self.kept.pop(key, None) is not None

    async def create(self, key: str, value: bytes) -> bool:
        return self.kept.setdefault(key, value) is value

    async def replace(self, key: str, old: bytes, new: bytes | None) -> bool:
        if self.kept.get(key) != old:
            return False
        if new is None:
            del self.kept[key]
        else:
            self.kept[key] = new
        return True

    async def entries(self, prefix: str) -> dict[str, bytes]:
        return {key: value for key, value in self.kept.items() if key.startswith(prefix)}
