"""The snippet of the how-to on previews, run on a preview."""

from __future__ import annotations

import json
import subprocess
import sys

from sunbeam.core.events import ChangePreviewed, Heartbeat
from sunbeam.core.foresight import Foresight, PlannedTask, Preview, ResourceChange
from tests.unit.docs.book import ROOT, Page


def run(*resources: ResourceChange) -> tuple[int, str]:
    (snippet,) = Page(ROOT / "docs/how-to/preview-a-change.md").blocks("python")
    task = PlannedTask("deploy", "Deploy", "", 1.0, False, Foresight(resources=resources))
    events = [Heartbeat(0), ChangePreviewed(0, Preview("test", "Test", (task,), (), 1.0, ("deploy",)))]
    lines = "".join(json.dumps(event.as_dict()) + "\n" for event in events)
    ended = subprocess.run([sys.executable, "-c", snippet], input=lines, capture_output=True, text=True)
    return ended.returncode, ended.stdout + ended.stderr


def test_the_snippet_names_what_is_lost() -> None:
    assert run(ResourceChange("juju_model.a", "create")) == (0, "nothing is lost\n")
    lost = run(ResourceChange("juju_model.a", "replace"), ResourceChange("juju_model.b", "update"))
    assert lost == (1, "replace juju_model.a\n")
