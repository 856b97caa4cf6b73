"""Interface glance: where the image service is."""

import ops

from .base import Requirer, relations


class ImageService(Requirer[str]):
    """Reads the internal URL of the image API."""

    def read(self) -> str | None:
        return self._answer().get("glance-api-server") or None


def publish(charm: ops.CharmBase, endpoint: str, url: str) -> None:
    for relation in relations(charm, endpoint):
        relation.data[charm.app]["glance-api-server"] = url
