"""The controller behind one provider, with a short-lived status that parallel reads share."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from sunbeam.juju.controller import Controller
from sunbeam.juju.credentials import Credentials
from sunbeam.juju.model import Model
from sunbeam.juju.status import ModelStatus, full_status
from sunbeam.provider.diagnostics import failure
from sunbeam.provider.values import Object, known

STATUS_AGE = 1.0
"""Seconds for which a status serves other reads: a refresh of a hundred resources costs a few requests."""


class Session:
    """Configured by ``configure``; resources reach Juju only through it.

    ``adopts``: what exists although no state knows it was made by a run that was killed, and is taken over.
    ``charm_file`` is where a packed charm is read whose path is configured.
    """

    def __init__(
        self,
        credentials: Credentials | None = None,
        *,
        adopts: bool = False,
        charm_file: Callable[[str], Path] = Path,
    ) -> None:
        self.adopts = adopts
        self.charm_file = charm_file
        self._given = credentials
        self._controller: Controller | None = None
        self._cache: dict[str, tuple[float, int, asyncio.Task[ModelStatus]]] = {}

    @property
    def controller(self) -> Controller:
        if self._controller is None:
            self.configure({})
        assert self._controller is not None
        return self._controller

    def configure(self, config: Object) -> None:
        """Core calls it at the start of each phase: equal credentials keep the connections."""
        self._cache.clear()
        credentials = self._credentials(config)
        if self._controller is None or self._controller.credentials != credentials:
            self._controller = Controller(credentials)

    async def close(self) -> None:
        if self._controller is not None:
            await self._controller.close()

    async def model(self, uuid: str) -> Model:
        return await self.controller.model(uuid)

    async def status(self, model: Model) -> ModelStatus:
        """At most STATUS_AGE old, and newer than any change made through ``model``."""
        clock = asyncio.get_running_loop().time()
        cached = self._cache.get(model.uuid)
        if cached is not None and cached[1] == model.generation and clock - cached[0] < STATUS_AGE:
            return await asyncio.shield(cached[2])
        task = asyncio.create_task(full_status(model))
        self._cache[model.uuid] = (clock, model.generation, task)
        try:
            return await asyncio.shield(task)
        except BaseException:
            self.forget(model.uuid)
            raise

    def forget(self, uuid: str) -> None:
        """The next ``status`` of this model asks the controller."""
        self._cache.pop(uuid, None)

    def _credentials(self, config: Object) -> Credentials:
        environment = Credentials.from_environment(os.environ)
        base = self._given or environment
        if known(config.get("controller_addresses")):
            addresses = tuple(part.strip() for part in config["controller_addresses"].split(","))
            base = Credentials(addresses, "", "")
        elif base is None:
            data = os.environ.get("JUJU_DATA")
            if data is None:
                raise failure(
                    "No controller is named",
                    "Set JUJU_DATA to a Juju data folder, JUJU_CONTROLLER_ADDRESSES with JUJU_USERNAME, "
                    'JUJU_PASSWORD and JUJU_CA_CERT, or the same in the block provider "juju".',
                )
            base = Credentials.from_juju_data(Path(data))
        username, password, authority = (
            config[key] if known(config.get(key)) else fallback
            for key, fallback in (
                ("username", base.username or os.environ.get("JUJU_USERNAME", "")),
                ("password", base.password or os.environ.get("JUJU_PASSWORD", "")),
                ("ca_certificate", base.ca_certificate or os.environ.get("JUJU_CA_CERT", "")),
            )
        )
        return Credentials(base.endpoints, username, password, authority, base.controller)


class NoController(Session):
    """Before there is a controller: creations can be planned, nothing can be read or made."""

    @property
    def controller(self) -> Controller:
        raise failure("There is no controller yet", "A plan before the first bootstrap can only create.")

    def configure(self, config: Object) -> None:
        """There is nothing to connect to."""
