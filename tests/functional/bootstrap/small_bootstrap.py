"""A bootstrap of three small units: ``python -m tests.functional.bootstrap.small_bootstrap ROOT [WORDS]``.

Change engine, journal, lock, worker, etcd, sunbeamd, Terraform core, provider and charms are the real ones.
ROOT holds ``shipped`` (charms, terraform) and the settings of the node in ``small.json``.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sunbeam.cli.main import main, report
from sunbeam.cli.session import Output, run_change
from sunbeam.cluster.services import DAEMON, Service
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core import shipped
from sunbeam.core.change import Change
from sunbeam.core.request import Request
from sunbeam.core.task import Context
from sunbeam.tasks.catalogue import KINDS
from sunbeam.tasks.charms import PackCharms
from sunbeam.tasks.deployment import ApplyModule, WaitActive
from sunbeam.tasks.node import StartServices, WriteSettings, node_services
from sunbeam.tasks.packages import FetchEtcd, FetchTerraform

REPOSITORY = Path(__file__).resolve().parents[3]
KIND = "cluster bootstrap"
MODEL = "small"
GRACE = float(os.environ.get("SUNBEAM_GRACE", "30"))
"""Seconds: an error is tried again after 5 s at first."""


def ship(root: Path) -> None:
    """From now on what is shipped is that of this test."""
    shipped.PACKAGE = root / "package"


def settings_of(root: Path) -> NodeSettings:
    return NodeSettings(**json.loads((root / "small.json").read_text()))


def change(settings: NodeSettings) -> Change:
    return Change(
        KIND,
        "Bootstrap the cloud",
        [
            FetchEtcd(),
            FetchTerraform(),
            WriteSettings(settings),
            PackCharms(),
            StartServices(settings, "etcd", "settings", programs=_programs),
            ApplyModule(MODEL, "Deploy the model", variables, "services", "terraform", "charms"),
            WaitActive(MODEL, "Wait for the model", f"terraform-{MODEL}", grace=GRACE),
        ],
        node=settings.name,
    )


async def variables(context: Context) -> Mapping[str, Any]:
    return {"charms": str(context.paths.charms)}


def _programs(context: Context, settings: NodeSettings) -> list[Service]:
    """The node's, with the daemon of these tests."""
    etcd, daemon = node_services(context, settings)
    words: list[str | Path] = [sys.executable, "-m", "tests.functional.bootstrap.daemon", context.paths.root]
    environment = {**daemon.environment, "PYTHONPATH": str(REPOSITORY)}
    assert daemon.name == DAEMON
    return [etcd, replace(daemon, argv=words, environment=environment)]


def run(root: Path, *words: str) -> int:
    """What ``sunbeam cluster bootstrap`` does, or ``sunbeam WORDS``; the exit code.

    An error is told on standard error.
    """
    os.environ["SUNBEAM_ROOT"] = str(root)
    sys.argv = ["sunbeam", *(words or ("cluster", "bootstrap"))]
    ship(root)
    KINDS[KIND] = replace(KINDS[KIND], build=lambda node, intent: change(settings_of(root)))
    try:
        if words:
            main(words)
            return 0
        run_change(Request(KIND), output=Output.QUIET)
    except Exception as failure:
        return report(failure)
    return 0


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), *sys.argv[2:]))
