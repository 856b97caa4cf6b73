"""Interface certificate_transfer (v0): authorities to trust, in the provider's unit bags."""

import json

import ops

from .base import Requirer, relations


class Authorities(Requirer[tuple[str, ...]]):
    """Reads certificates of authorities, PEM, without repetition."""

    def read(self) -> tuple[str, ...] | None:
        found: set[str] = set()
        for bag in self._unit_answers():
            found.update(text.strip() for text in (bag.get("ca", ""), *json.loads(bag.get("chain") or "[]")))
        return tuple(sorted(filter(None, found))) or None


def publish(charm: ops.CharmBase, endpoint: str, authority: str) -> None:
    """Send one self-signed authority, PEM."""
    for relation in relations(charm, endpoint):
        relation.data[charm.unit].update(
            {"certificate": authority, "ca": authority, "chain": json.dumps([authority])}
        )
