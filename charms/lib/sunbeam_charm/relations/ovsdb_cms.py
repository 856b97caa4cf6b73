"""Interface ovsdb-cms: the IP addresses of OVN's databases (OVSDB clients resolve no names)."""

import json
from dataclasses import dataclass

import ops

from .base import Requirer, relations

NORTHBOUND_PORT = 6641
SOUTHBOUND_PORT = 6642


@dataclass(frozen=True)
class Databases:
    addresses: tuple[str, ...]

    @property
    def northbound(self) -> str:
        return ",".join(f"ssl:{address}:{NORTHBOUND_PORT}" for address in self.addresses)

    @property
    def southbound(self) -> str:
        return ",".join(f"ssl:{address}:{SOUTHBOUND_PORT}" for address in self.addresses)


class OvsdbCms(Requirer[Databases]):
    def __init__(self, charm: ops.CharmBase, endpoint: str, external: bool = False) -> None:
        super().__init__(charm, endpoint)
        self.external = external

    def ask(self) -> None:
        self._write({"external-connectivity": json.dumps(self.external)})

    def read(self) -> Databases | None:
        addresses = [
            bag.get("ingress-bound-address") or bag.get("bound-address", "") for bag in self._unit_answers()
        ]
        found = tuple(filter(None, addresses))
        return Databases(found) if found else None


def publish(charm: ops.CharmBase, endpoint: str, address: str, hostname: str) -> None:
    for relation in relations(charm, endpoint):
        relation.data[charm.unit].update(
            {"bound-address": address, "bound-hostname": hostname, "ingress-bound-address": address}
        )
