"""Keeping the manifest of a change: on this machine for people, in the cluster store as a version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sunbeam.cluster.answers import manifest_file
from sunbeam.cluster.etcd import etcd_store
from sunbeam.cluster.manifests import add_version, is_newest
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.errors import Problem, SunbeamError
from sunbeam.core.foresight import Foresight
from sunbeam.core.manifest.model import Manifest
from sunbeam.core.manifest.references import reference_problems
from sunbeam.core.manifest.text import manifest_text
from sunbeam.core.task import Context, Task

HEADER = """\
# The manifest of this cloud, with every default.  It is written by changes: to make one, write a file with
# what should differ, and type: sunbeam cluster bootstrap --manifest FILE
"""


class WriteManifestFile(Task):
    """The effective manifest in ``/etc/sunbeam/manifest.yaml`` (0600).

    ``needed`` are the keys below which the change needs what references stand for.
    """

    id = "manifest-file"
    title = "Write the cloud's manifest"
    phase = "Prepare the machine"
    rehearsable = True

    def __init__(self, manifest: Manifest, *needs: str, needed: Sequence[str] = ()) -> None:
        self.needs = needs
        self._document = manifest.dump()
        self._needed = needed
        self._text = HEADER + manifest_text(self._document)

    async def problems(self, context: Context) -> list[Problem]:
        return reference_problems(self._document, self._needed)

    async def is_done(self, context: Context) -> bool:
        file = manifest_file(context.paths)
        return file.exists() and file.read_text("utf-8") == self._text

    async def act(self, context: Context) -> None:
        context.host.write_file(manifest_file(context.paths), self._text, 0o600)


class WriteManifest(Task):
    """A new version in the cluster store, unless the newest one is the same."""

    id = "manifest"
    title = "Keep this version of the manifest"
    phase = "Prepare the machine"

    def __init__(self, manifest: Manifest, *needs: str) -> None:
        self.needs = needs
        self._manifest = manifest.dump()

    async def act(self, context: Context) -> None:
        await self._keep(context, self._manifest)

    async def _keep(self, context: Context, manifest: dict[str, Any]) -> None:
        if context.host.dry_run:
            return
        store = etcd_store(context.paths, NodeSettings.read(context.paths))
        if not await is_newest(store, manifest):
            number = await add_version(store, manifest, context.clock.now())
            context.report(f"manifest {number}")

    async def foresee(self, context: Context, before: Mapping[str, Foresight]) -> Foresight:
        return await self._foresee_kept(context, self._manifest)

    async def _foresee_kept(self, context: Context, manifest: dict[str, Any]) -> Foresight:
        if not NodeSettings.exists(context.paths):
            return Foresight()
        try:
            store = etcd_store(context.paths, NodeSettings.read(context.paths))
            return Foresight(changes=not await is_newest(store, manifest))
        except SunbeamError:
            return Foresight(note="unless the newest version, which cannot be read now, is the same")
