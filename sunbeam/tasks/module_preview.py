"""What applying a root module would do, found out without touching this machine or the cloud.

Core plans in a folder that is thrown away, with charms packed there, against the state in the cluster store
but without its lock.  Before there is a cluster store the state is empty and everything is a creation.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sunbeam.core.errors import SunbeamError
from sunbeam.core.foresight import Foresight, ResourceChange
from sunbeam.core.manifest.references import separated
from sunbeam.core.shipped import shipped
from sunbeam.core.task import Context
from sunbeam.juju.credentials import Credentials
from sunbeam.provider.service import Provider
from sunbeam.provider.serving import in_process
from sunbeam.provider.session import NoController, Session
from sunbeam.tasks.charms import packed_aside
from sunbeam.terraform.backend import FILE, StateBackend
from sunbeam.terraform.binary import present_core
from sunbeam.terraform.module import Module
from sunbeam.terraform.plan_json import resource_changes, resources_in, short_name

APPLICATION = "juju_application"
RISKS = {
    "replace": "replaced, so that what they store is lost",
    "delete": "deleted with what they store",
    "update": "applications changed in place, whose units may restart",
}
NO_CORE = "the exact plan is known once OpenTofu is fetched; [*] stands for as many as it then says"
NO_ANSWER = "the plan is known once the cluster store and the Juju API answer"


async def foresee_module(context: Context, name: str, variables: Mapping[str, Any]) -> Foresight:
    """The resources that would change.  Raises SunbeamError if the module cannot be planned."""
    plain, _, secrets = separated(variables, context.host.remember_secret)
    core = await present_core(context.paths.bin)
    if core is None:
        named = resources_in(shipped("terraform") / name)
        return Foresight(resources=tuple(ResourceChange(each, "create") for each in named), note=NO_CORE)
    backend = _backend(context)
    if backend is not None and not await _answers(backend):
        return Foresight(note=NO_ANSWER)
    async with packed_aside() as charms:
        session = _session(context, charms, connected=backend is not None)
        with tempfile.TemporaryDirectory(prefix="sunbeam-plan-") as scratch:
            async with in_process(Provider(session=session)) as environment:
                module = Module(
                    name=name,
                    source=shipped("terraform"),
                    folder=Path(scratch),
                    core=core,
                    environment=environment,
                    backend=backend,
                    variables=plain,
                    secrets=secrets,
                )
                await module.init()
                await module.plan(lock=False)
                resources = resource_changes(await module.plan_document())
    return Foresight(changes=bool(resources), resources=resources, risks=tuple(_risks(resources)))


def _session(context: Context, charms: Path, *, connected: bool) -> Session:
    """One that reads our packed charms in ``charms``, others where they are."""

    def charm_file(configured: str) -> Path:
        path = Path(configured)
        return charms / path.name if path.parent == context.paths.charms else path

    if connected:
        return Session(Credentials.from_juju_data(context.paths.juju_data), charm_file=charm_file)
    return NoController(charm_file=charm_file)


def _backend(context: Context) -> StateBackend | None:
    """None before the first bootstrap came that far."""
    folder = context.paths.terraform
    return StateBackend.read(folder) if (folder / FILE).exists() else None


async def _answers(backend: StateBackend) -> bool:
    from sunbeam.terraform.client import StateClient

    try:
        await StateClient(backend).modules()
    except SunbeamError:
        return False
    return True


def _risks(resources: Iterable[ResourceChange]) -> Iterator[str]:
    """What a person may not expect: things that are gone afterwards, restarts."""
    found = list(resources)
    for action, text in RISKS.items():
        kind = APPLICATION if action == "update" else ""
        addresses = [each.address for each in found if each.action == action and kind in each.address]
        if addresses:
            yield f"{text}: {', '.join(map(short_name, addresses))}"
