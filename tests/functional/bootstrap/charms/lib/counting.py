"""Counts installations: in the controller's state, and in a file beside the charm as they happen."""

from __future__ import annotations

import os
from pathlib import Path

import ops


class CountingCharm(ops.CharmBase):
    """Its count is part of the hook's transaction; a hook that is cut off runs again, as in Juju."""

    _stored = ops.StoredState()  # type: ignore[no-untyped-call]

    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        self._stored.set_default(installs=0)
        framework.observe(self.on.install, self._install)

    @property
    def installed(self) -> str:
        return f"installed {self._stored.installs} times"

    def _install(self, _: ops.InstallEvent) -> None:
        self._stored.installs += 1
        with Path(os.environ["JUJU_CHARM_DIR"]).parent.joinpath("installs").open("a") as file:
            file.write("install\n")
