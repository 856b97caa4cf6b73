"""Interface placement: the inventory service is in the catalogue and answers."""

import json

import ops

from .base import Requirer, relations


class Placement(Requirer[bool]):
    def read(self) -> bool | None:
        return json.loads(self._answer().get("ready") or "false") or None


def publish(charm: ops.CharmBase, endpoint: str, ready: bool) -> None:
    for relation in relations(charm, endpoint):
        relation.data[charm.app]["ready"] = json.dumps(ready)
