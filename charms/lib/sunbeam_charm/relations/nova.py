"""Interface nova: what a compute node needs to know of the compute service."""

from dataclasses import dataclass, field

import ops

from .base import Requirer, relations, secret_content, secret_id

SHARED_SECRET = "metadata-proxy-shared-secret"


@dataclass(frozen=True)
class ComputeService:
    """``console_url`` may be empty."""

    region: str
    metadata_url: str
    console_url: str
    metadata_secret: str = field(repr=False)


class NovaService(Requirer[ComputeService]):
    def read(self) -> ComputeService | None:
        answer = self._answer()
        shared = secret_content(self.charm, answer.get(f"{SHARED_SECRET}-id", ""))
        if not shared or not answer.get("metadata-url"):
            return None
        return ComputeService(
            answer.get("region", "RegionOne"),
            answer["metadata-url"],
            answer.get("novnc-proxy-url", ""),
            shared[SHARED_SECRET],
        )


def publish(
    charm: ops.CharmBase,
    endpoint: str,
    *,
    region: str,
    metadata_url: str,
    console_url: str,
    secret: ops.Secret,
) -> None:
    """``secret`` holds the key ``metadata-proxy-shared-secret``."""
    for relation in relations(charm, endpoint):
        secret.grant(relation)
        relation.data[charm.app].update(
            {
                "region": region,
                "metadata-url": metadata_url,
                "novnc-proxy-url": console_url,
                f"{SHARED_SECRET}-id": secret_id(secret),
            }
        )
