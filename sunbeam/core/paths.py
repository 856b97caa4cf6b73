"""Where Sunbeam keeps things on a node (design D6): nothing is written anywhere else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Paths:
    """The folders of one node, below ``root`` (``/`` on a real node, a temporary folder in tests)."""

    root: Path = Path("/")

    @property
    def state(self) -> Path:
        """What must survive a reboot."""
        return self.root / "var/lib/sunbeam"

    @property
    def run(self) -> Path:
        """Sockets and pid files; empty after a reboot."""
        return self.root / "run/sunbeam"

    @property
    def etc(self) -> Path:
        """What a person reads or edits: credentials, the effective manifest."""
        return self.root / "etc/sunbeam"

    @property
    def bin(self) -> Path:
        """Programs fetched for this node (etcd, tofu)."""
        return self.state / "bin"

    @property
    def journal(self) -> Path:
        """SQLite file of changes and tasks."""
        return self.state / "journal.db"

    @property
    def change_lock(self) -> Path:
        """Held by the process that is changing this node."""
        return self.run / "change.lock"

    @property
    def change_logs(self) -> Path:
        """What happened during each change, ``NUMBER.ndjson``."""
        return self.logs / "changes"

    @property
    def worker_log(self) -> Path:
        """What Sunbeam and its libraries log while changes are made."""
        return self.logs / "sunbeam.log"

    @property
    def certificates(self) -> Path:
        return self.state / "certificates"

    @property
    def engine(self) -> Path:
        """State of the operator engine: ``engine.db``, ``charms/``, ``units/``, ``storage/``."""
        return self.state / "engine"

    @property
    def hosts(self) -> Path:
        """/etc/hosts of pods, machines and hooks."""
        return self.state / "runtime" / "hosts"

    @property
    def charms(self) -> Path:
        """Packed charms (``NAME.charm``) that Terraform modules deploy."""
        return self.state / "charms"

    @property
    def terraform(self) -> Path:
        """One working folder per root module."""
        return self.state / "terraform"

    @property
    def juju_data(self) -> Path:
        """A ``$JUJU_DATA`` folder with which any juju client can log in."""
        return self.state / "juju-data"

    @property
    def images(self) -> Path:
        """Build cache, bundles and the guest image."""
        return self.state / "images"

    @property
    def logs(self) -> Path:
        return self.state / "log"
