"""What is settled is not asked again, and comes out as it went in."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from sunbeam.cli.wizard.bootstrap import begun_manifest, wanted_manifest
from sunbeam.core.errors import UsageError
from sunbeam.core.interview import Interview
from sunbeam.core.journal import Journal
from sunbeam.core.manifest.model import Manifest
from sunbeam.core.node import Node
from sunbeam.core.paths import Paths
from sunbeam.core.status import ChangeStatus
from tests.functional.wizard.machines import RACK
from tests.unit.detection.recorded import machine

NOW = "2026-01-01T00:00:00+00:00"


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(Paths(tmp_path), machine())


def begin(node: Node, manifest: Manifest, status: ChangeStatus) -> None:
    with closing(Journal(node.paths.journal)) as journal:
        number = journal.begin("cluster bootstrap", "Bootstrap", {"manifest": manifest.dump()}, [], NOW)
        journal.finish(number, status, NOW)


def answered() -> Manifest:
    interview = Interview(RACK)
    for question in interview.questions():
        interview.answer(question, "edge" if question.key == "name" else interview.default(question))
    return interview.effective().manifest


def test_a_bootstrap_that_was_cut_off_goes_on_with_the_answers_it_began_with(node: Node) -> None:
    made = answered()
    begin(node, made, ChangeStatus.INTERRUPTED)
    assert begun_manifest(node) == made.dump()
    assert wanted_manifest(node, [], {}, ask=True) == made


@pytest.mark.parametrize("status", [ChangeStatus.DONE, ChangeStatus.UNDONE])
def test_a_bootstrap_that_ended_settles_nothing_by_itself(node: Node, status: ChangeStatus) -> None:
    begin(node, answered(), status)
    assert begun_manifest(node) is None


def test_nothing_is_begun_on_a_machine_without_a_journal(node: Node) -> None:
    assert begun_manifest(node) is None
    assert not node.paths.state.exists()


def test_without_a_person_defaults_are_taken(node: Node) -> None:
    made = wanted_manifest(node, [], {"network.pods": "10.9.0.0/24"}, ask=False)
    assert str(made.network.address) == "192.0.2.2"
    assert str(made.network.pods) == "10.9.0.0/24"
    assert str(made.network.external.range) == "10.77.0.0/24"  # a route of this machine has the usual one


def test_without_a_person_missing_answers_are_listed(node: Node, tmp_path: Path) -> None:
    file = tmp_path / "cloud.yaml"
    file.write_text("network:\n  external:\n    interface: eno1\n")
    with pytest.raises(UsageError) as missing:
        wanted_manifest(node, [file], {}, ask=False)
    assert "network.external.lose_addresses: May that interface lose its addresses?" in missing.value.why
    assert "network.external.range: " in missing.value.why
