"""Static addresses of pods and machines: a unit keeps its address for as long as it exists."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path

FIRST_HOST = 10


class AddressesExhausted(Exception):
    """Every address of the range belongs to some pod or machine."""


class Addresses:
    """Gives out addresses of ``network`` from the tenth host on; ``file`` remembers them by key."""

    def __init__(self, network: ipaddress.IPv4Network, file: Path) -> None:
        self.network = network
        self._file = file
        self._by_key = _read(file, network)

    def get(self, key: str) -> str | None:
        return self._by_key.get(key)

    def allocate(self, key: str) -> str:
        """The address of ``key``, a new one if it has none.  Raises AddressesExhausted."""
        if key not in self._by_key:
            self._by_key[key] = self._free()
            self._write()
        return self._by_key[key]

    def release(self, key: str) -> None:
        if self._by_key.pop(key, None) is not None:
            self._write()

    def _free(self) -> str:
        taken = set(self._by_key.values())
        first = int(self.network.network_address) + FIRST_HOST
        for number in range(first, int(self.network.broadcast_address)):
            address = str(ipaddress.IPv4Address(number))
            if address not in taken:
                return address
        raise AddressesExhausted(f"all addresses of {self.network} are in use")

    def _write(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._file.with_name(self._file.name + ".new")
        temporary.write_text(json.dumps(self._by_key, indent=1, sort_keys=True))
        temporary.replace(self._file)


def _read(file: Path, network: ipaddress.IPv4Network) -> dict[str, str]:
    """What the file says, without addresses of another range (the range was changed)."""
    if not file.exists():
        return {}
    stored: dict[str, str] = json.loads(file.read_text())
    return {key: address for key, address in stored.items() if ipaddress.IPv4Address(address) in network}
