"""A cluster store in memory."""

from __future__ import annotations


class MemoryStore:
    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}

    async def get(self, key: str) -> bytes | None:
        return self.content.get(key)

    async def put(self, key: str, value: bytes) -> None:
        self.content[key] = value

    async def delete(self, key: str) -> bool:
        return self.content.pop(key, None) is not None

    async def create(self, key: str, value: bytes) -> bool:
        return self.content.setdefault(key, value) is value

    async def replace(self, key: str, old: bytes, new: bytes | None) -> bool:
        if self.content.get(key) != old:
            return False
        if new is None:
            del self.content[key]
        else:
            self.content[key] = new
        return True

    async def entries(self, prefix: str) -> dict[str, bytes]:
        return {key: value for key, value in self.content.items() if key.startswith(prefix)}
