"""Interface memcache: units of a cache, each with ``host`` and ``port`` in its bag."""

import ops

from .base import Requirer, relations


class Cache(Requirer[str]):
    """Reads ``host:port,host:port``."""

    def read(self) -> str | None:
        servers = [f"{bag['host']}:{bag['port']}" for bag in self._unit_answers() if bag.get("host")]
        return ",".join(servers) or None


def publish(charm: ops.CharmBase, endpoint: str, host: str, port: int) -> None:
    for relation in relations(charm, endpoint):
        relation.data[charm.unit].update({"host": host, "port": str(port)})
