"""Interface ingress (v2): a public URL ``https://HOST/MODEL-APP`` in front of an application.

Values in the application's bag are JSON; a unit's ``host`` and ``ip`` are where the ingress finds it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import ops

from .base import Requirer, relations


class Ingress(Requirer[str]):
    """Reads the public URL, without a final slash.  ``name`` is the path's last part after the model."""

    awaited = False

    def __init__(
        self,
        charm: ops.CharmBase,
        endpoint: str,
        port: int,
        host: str,
        *,
        name: str = "",
        strip_prefix: bool = True,
    ) -> None:
        super().__init__(charm, endpoint)
        self.port = port
        self.host = host
        self.name = name or charm.app.name
        self.strip_prefix = strip_prefix

    def ask(self) -> None:
        wanted = {
            "model": self.charm.model.name,
            "name": self.name,
            "port": self.port,
            "scheme": "http",
            "strip-prefix": self.strip_prefix,
            "redirect-https": True,
        }
        self._write({key: json.dumps(value) for key, value in wanted.items()})
        if self.relation is not None:
            binding = self.charm.model.get_binding(self.relation)
            address = binding.network.bind_address if binding else None
            self.relation.data[self.charm.unit].update(
                {"host": json.dumps(self.host), "ip": json.dumps(str(address) if address else None)}
            )

    def read(self) -> str | None:
        url = json.loads(self._answer().get("ingress") or "{}").get("url", "")
        return url.rstrip("/") or None


@dataclass(frozen=True)
class Backend:
    """An application that wants a path; ``hosts`` are its units."""

    relation: ops.Relation
    model: str
    name: str
    port: int
    strip_prefix: bool
    hosts: tuple[str, ...]

    @property
    def prefix(self) -> str:
        return f"/{self.model}-{self.name}"


def backends(charm: ops.CharmBase, endpoint: str) -> Iterator[Backend]:
    for relation in relations(charm, endpoint):
        bag = {key: json.loads(value) for key, value in relation.data[relation.app].items()}
        if not bag.keys() >= {"model", "name", "port"}:
            continue
        hosts = sorted(filter(None, (_host(relation, unit) for unit in relation.units)))
        strip = bool(bag.get("strip-prefix"))
        yield Backend(relation, bag["model"], bag["name"], int(bag["port"]), strip, tuple(hosts))


def answer(charm: ops.CharmBase, backend: Backend, url: str) -> None:
    backend.relation.data[charm.app]["ingress"] = json.dumps({"url": url})


def _host(relation: ops.Relation, unit: ops.Unit) -> str:
    bag = relation.data[unit]
    return json.loads(bag.get("ip") or "null") or json.loads(bag.get("host") or "null") or ""
