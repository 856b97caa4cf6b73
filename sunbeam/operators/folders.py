"""Where the operator engine keeps its files, below ``Paths.engine``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sunbeam.core.paths import Paths
from sunbeam.operators.entities import Unit


@dataclass(frozen=True)
class EngineFolders:
    """Machine containers see ``agent``, ``units(model)`` and ``storage(model)`` under the same paths."""

    paths: Paths

    @property
    def agent(self) -> Path:
        """The hook tools and the socket they talk to."""
        return self.paths.engine / "agent"

    @property
    def socket(self) -> Path:
        return self.agent / "agent.sock"

    @property
    def tools(self) -> Path:
        return self.agent / "tools"

    @property
    def hosts(self) -> Path:
        """The hosts file of the embedded substrate, with the names of all pods and machines."""
        return self.paths.hosts

    def units(self, model_uuid: str) -> Path:
        return self.paths.engine / "units" / model_uuid

    def unit(self, unit: Unit) -> Path:
        return self.units(unit.model_uuid) / unit.name.replace("/", "-")

    def charm(self, unit: Unit) -> Path:
        return self.unit(unit) / "charm"

    def containers(self, unit: Unit) -> Path:
        """Seen by the unit's hooks as /charm/containers: a folder with Pebble's socket per container."""
        return self.unit(unit) / "containers"

    def storage(self, model_uuid: str) -> Path:
        return self.paths.engine / "storage" / model_uuid
