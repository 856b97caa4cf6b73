"""The node's proxy: kept with its password where only root reads, and shown to charms by every model."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sunbeam.checks.before import BEFORE
from sunbeam.checks.wanted import Wanted
from sunbeam.cluster.answers import made_with, manifest_file
from sunbeam.cluster.services import DAEMON, ETCD, services_of
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.change import Change
from sunbeam.core.errors import SunbeamError
from sunbeam.core.foresight import Foresight
from sunbeam.core.manifest.model import Manifest
from sunbeam.core.manifest.text import manifest_text
from sunbeam.core.node import Node
from sunbeam.core.proxy import LOCAL, Proxy, proxy_file
from sunbeam.core.task import Context, Task
from sunbeam.juju.controller import Controller
from sunbeam.juju.credentials import Credentials
from sunbeam.tasks.machine import CheckMachine
from sunbeam.tasks.manifest import HEADER, WriteManifest, WriteManifestFile

ANSWER_SECONDS = 60.0
Said = Mapping[str, str]
"""``http``, ``https`` and ``no_proxy`` of a manifest, with references."""


def change_proxy(node: Node, said: Said, before: Said) -> Change:
    """Make ``said`` the proxy of this node's cloud; undone, it is ``before`` again.

    Raises SunbeamError if there is no cloud.
    """
    settings = NodeSettings.read(node.paths)
    made = made_with(node.paths) or {}
    manifest = Manifest.model_validate({**made, "proxy": dict(said)})
    former = Manifest.model_validate({**made, "proxy": dict(before)})
    services = services_of(node.paths)
    proxied = bool(said.get("http") or said.get("https"))
    wanted = replace(Wanted.of_node(settings, "sunbeam proxy set --http URL --https URL"), proxy=said)
    tasks: list[Task] = [
        *([CheckMachine(wanted, BEFORE["proxy set"].checks)] if proxied else []),
        WriteProxy(said, settings, before=before),
        ChangeManifestFile(manifest, former, "proxy"),
    ]
    if services.running(ETCD):
        tasks.append(ChangeManifest(manifest, former, "manifest-file"))
    if services.running(DAEMON):
        tasks.append(ShowModels("proxy"))
    return Change("proxy set", "Use a proxy" if proxied else "Use no proxy", tasks)


class WriteProxy(Task):
    """What the manifest says, resolved; if it says nothing, what this command's environment says."""

    id = "proxy"
    title = "Keep the proxy"
    phase = "Prepare the machine"
    rehearsable = True

    def __init__(self, said: Said, settings: NodeSettings, *, before: Said | None = None) -> None:
        """``before``: the proxy of the cloud until now, and the environment does not matter."""
        self._said = dict(said)
        self._settings = settings
        self._before = before

    async def is_done(self, context: Context) -> bool:
        """What references stood for when they were last resolved still counts if they no longer can be."""
        wanted = self._wanted(context, self._said)
        try:
            return wanted == Proxy.kept(context.paths)
        except SunbeamError:
            return False  # it is damaged, and written anew

    async def act(self, context: Context) -> None:
        self._write(context, self._wanted(context, self._said))

    async def undo(self, context: Context) -> None:
        if self._before is not None:
            self._write(context, self._wanted(context, self._before))

    def _wanted(self, context: Context, said: Said) -> Proxy | None:
        proxy = Proxy.of_manifest(said, context.paths, context.host.remember_secret)
        if not proxy and self._before is None:
            proxy = Proxy.kept(context.paths) or Proxy.of_environment()
        for secret in proxy.secrets:
            context.host.remember_secret(secret)
        return proxy.bypassing(own_places(self._settings)) if proxy else None

    def _write(self, context: Context, proxy: Proxy | None) -> None:
        file = proxy_file(context.paths)
        if proxy is None:
            context.host.remove(file)
            return
        context.host.make_folder(file.parent, 0o700)
        context.host.write_file(file, proxy.dump(), 0o600)


class ChangeManifestFile(WriteManifestFile):
    """The cloud's manifest with one thing changed; undone, it is the ``former`` again."""

    def __init__(self, manifest: Manifest, former: Manifest, *needs: str) -> None:
        super().__init__(manifest, *needs)
        self._former = HEADER + manifest_text(former.dump())

    async def undo(self, context: Context) -> None:
        context.host.write_file(manifest_file(context.paths), self._former, 0o600)


class ChangeManifest(WriteManifest):
    """A version of the manifest with one thing changed; undone, the ``former`` is the newest again."""

    def __init__(self, manifest: Manifest, former: Manifest, *needs: str) -> None:
        super().__init__(manifest, *needs)
        self._former = former.dump()

    async def foresee_undo(self, context: Context) -> Foresight:
        return await self._foresee_kept(context, self._former)

    async def undo(self, context: Context) -> None:
        await self._keep(context, self._former)


class ShowModels(Task):
    """Every model of the running cloud tells its charms of the proxy, from their next hook on."""

    id = "proxy-in-models"
    title = "Tell operators of the proxy"

    def __init__(self, *needs: str) -> None:
        self.needs = needs

    async def foresee(self, context: Context, before: Mapping[str, Foresight]) -> Foresight:
        return Foresight(changes=False)

    async def act(self, context: Context) -> None:
        """sunbeamd reads the proxy whenever somebody asks."""

    async def verify(self, context: Context) -> None:
        if context.host.dry_run:
            return
        wanted = (Proxy.kept(context.paths) or Proxy()).model_config
        credentials = Credentials.from_juju_data(context.paths.juju_data)
        try:
            async with asyncio.timeout(ANSWER_SECONDS), Controller(credentials) as controller:
                unaware = await _not_shown(controller, wanted)
        except TimeoutError:
            raise SunbeamError(
                "Whether the operators see the proxy is not known",
                where=f"sunbeamd at {', '.join(credentials.endpoints)}",
                why=f"it did not answer within {ANSWER_SECONDS:.0f} s",
                next_command="sunbeam cluster status",
                id="sunbeamd-silent",
            ) from None
        if unaware:
            raise SunbeamError(
                "The operators do not see the proxy",
                where=f"model {unaware}",
                why=f"its configuration differs from {proxy_file(context.paths)}",
                next_command="sunbeam cluster start",
                id="proxy-not-seen",
            )


async def _not_shown(controller: Controller, wanted: Mapping[str, str]) -> str:
    """The name of a model whose configuration is not as ``wanted``; empty if there is none."""
    for summary in await controller.models():
        model = await controller.model(summary.uuid)
        shown = (await model.read("ModelConfig", "ModelGet"))["config"]
        if not all(_shows(shown[key], value) for key, value in wanted.items()):
            return summary.name
    return ""


def own_places(settings: NodeSettings) -> tuple[str, ...]:
    """What a proxy must not be asked for: this machine and the networks of the cloud."""
    return (*LOCAL, settings.name, settings.address, settings.pods, settings.external)


def proxy_said(node: Node) -> dict[str, str]:
    """The proxy that the manifest of this node's cloud says, with references.  Raises SunbeamError."""
    NodeSettings.read(node.paths)
    made = made_with(node.paths) or {}
    return {"http": "", "https": "", "no_proxy": "", **made.get("proxy", {})}


def _shows(entry: Mapping[str, Any], value: str) -> bool:
    """Somebody may have given the model itself another proxy."""
    return bool(entry["source"] == "model" or entry["value"] == value)
