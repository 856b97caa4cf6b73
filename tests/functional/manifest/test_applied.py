"""A cloud follows its manifest: real etcd, sunbeamd, Terraform core, provider and charms; small ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sunbeam.cluster.answers import manifest_file
from sunbeam.cluster.etcd import etcd_store
from sunbeam.cluster.manifests import versions
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.change import Change
from sunbeam.core.clock import SystemClock
from sunbeam.core.engine import Engine
from sunbeam.core.event_log import EventLog
from sunbeam.core.host import Host
from sunbeam.core.journal import Journal
from sunbeam.core.manifest.model import Manifest
from sunbeam.core.process import SystemProcesses
from sunbeam.core.redaction import Redactor
from sunbeam.core.task import Context
from sunbeam.juju.applications import settings
from sunbeam.juju.controller import Controller
from sunbeam.juju.credentials import Credentials
from sunbeam.tasks.control_plane import charm_config
from sunbeam.tasks.deployment import ApplyModule
from sunbeam.tasks.manifest import WriteManifest, WriteManifestFile
from tests.functional.bootstrap import small_bootstrap
from tests.functional.bootstrap.bootstrap_harness import SmallCloud

SECRET = "correct-horse-battery"


def greeting(text: str) -> Manifest:
    charms = {"greeter": {"config": {"greeting": text}}}
    return Manifest.model_validate({"network": {"address": "127.0.0.1"}, "software": {"charms": charms}})


async def apply(cloud: SmallCloud, manifest: Manifest) -> None:
    """What bootstrap does with a manifest, on a cloud that is there."""

    async def variables(context: Context) -> Mapping[str, Any]:
        return {"charms": str(context.paths.charms), "config": charm_config(manifest)}

    small_bootstrap.ship(cloud.root)
    clock, redactor, journal = SystemClock(), Redactor(), Journal(cloud.paths.journal)
    try:
        host = Host(SystemProcesses(), journal, cloud.paths, clock, redactor)
        with EventLog(cloud.paths.change_logs) as events:
            engine = Engine(journal, host, cloud.paths, clock, redactor, events, command="sunbeam")
            tasks = [
                WriteManifestFile(manifest),
                WriteManifest(manifest),
                ApplyModule(small_bootstrap.MODEL, "Deploy the model", variables),
            ]
            await engine.run(Change("apply", "Apply a manifest", tasks, {"manifest": manifest.dump()}))
    finally:
        journal.close()


async def published(cloud: SmallCloud) -> object:
    """What was set; None where the charm's default counts."""
    async with Controller(Credentials.from_juju_data(cloud.paths.juju_data)) as controller:
        model = await controller.model(small_bootstrap.MODEL)
        return (await settings(model, "greeter")).config.get("greeting")


async def test_a_changed_manifest_is_applied_kept_and_taken_back(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = cloud.bootstrap()
    assert ended.returncode == 0, ended.stderr + cloud.logs()

    await apply(cloud, greeting("good morning"))
    assert await published(cloud) == "good morning"
    monkeypatch.setenv("GREETING", SECRET)
    await apply(cloud, greeting("${env:GREETING}"))
    assert await published(cloud) == SECRET
    assert holding(cloud, SECRET) == []
    await apply(cloud, Manifest.model_validate({"network": {"address": "127.0.0.1"}}))
    assert await published(cloud) is None

    store = etcd_store(cloud.paths, NodeSettings.read(cloud.paths))
    found = await versions(store)
    key = "software.charms.greeter.config.greeting"
    assert [each.number for each in found] == [1, 2, 3]
    assert key in found[1].changed and key in found[2].changed
    assert "${env:GREETING}" in str(found[1].manifest)
    assert manifest_file(cloud.paths).stat().st_mode & 0o777 == 0o600


def holding(cloud: SmallCloud, text: str) -> list[Path]:
    """Files of a person, of Terraform, of the journal and of logs that hold ``text``."""
    places = [cloud.paths.etc, cloud.paths.terraform, cloud.paths.logs, cloud.paths.journal]
    files = [file for place in places for file in (place, *place.rglob("*")) if file.is_file()]
    return [file for file in files if text.encode() in file.read_bytes()]
