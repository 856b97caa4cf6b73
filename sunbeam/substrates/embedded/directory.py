"""Who lives in the pod network: static addresses, names and exposed ports, kept over restarts."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from sunbeam.core.snapshot import replace_file

FIRST_HOST = 10


class AddressesExhausted(Exception):
    """Every address of the range belongs to some pod or machine."""


@dataclass(frozen=True)
class Entry:
    """A pod (``unit``) or a machine (``hostname``); ``exposed`` are TCP ports reached through the host."""

    model: str
    unit: str = ""
    hostname: str = ""
    exposed: tuple[int, ...] = ()
    address: str = ""


class Directory:
    """Entries by key in ``file``; an address stays with its key until ``remove``.

    After a restart of the daemon everything is known before anything is asked for again, so that names
    and ports of what kept running never vanish.
    """

    def __init__(self, network: IPv4Network, file: Path) -> None:
        self.network = network
        self._file = file
        self._entries = _read(file, network)

    def put(self, key: str, entry: Entry) -> str:
        """Note ``entry`` (its address is ours to choose) and return its address.

        Raises AddressesExhausted.
        """
        known = self._entries.get(key)
        placed = replace(entry, address=known.address if known else self._free())
        if placed != known:
            self._entries[key] = placed
            self._write()
        return placed.address

    def remove(self, key: str) -> None:
        if self._entries.pop(key, None) is not None:
            self._write()

    def entries(self) -> list[Entry]:
        return list(self._entries.values())

    def exposed(self) -> dict[int, str]:
        """The address behind each exposed port: that of the first entry (by key) that has it."""
        ports: dict[int, str] = {}
        for _, entry in sorted(self._entries.items()):
            for port in entry.exposed:
                ports.setdefault(port, entry.address)
        return ports

    def _free(self) -> str:
        taken = {entry.address for entry in self._entries.values()}
        first = int(self.network.network_address) + FIRST_HOST
        for number in range(first, int(self.network.broadcast_address)):
            address = str(IPv4Address(number))
            if address not in taken:
                return address
        raise AddressesExhausted(f"all addresses of {self.network} are in use")

    def _write(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        stored = {key: asdict(entry) for key, entry in self._entries.items()}
        replace_file(self._file, json.dumps(stored, indent=1, sort_keys=True).encode(), 0o644)


def _read(file: Path, network: IPv4Network) -> dict[str, Entry]:
    """What the file says, without addresses of another range (the range was changed)."""
    if not file.exists():
        return {}
    stored = json.loads(file.read_text())
    entries = {key: Entry(**{**each, "exposed": tuple(each["exposed"])}) for key, each in stored.items()}
    return {key: entry for key, entry in entries.items() if IPv4Address(entry.address) in network}
