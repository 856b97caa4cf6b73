"""What is settled is not asked again, and comes out as it went in."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from sunbeam.cli.wizard.bootstrap import bootstrap_request, effective_now
from sunbeam.cluster.answers import manifest_file
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.errors import PreflightFailed, UsageError
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


def wanted(node: Node, files: Sequence[Path] = (), options: Mapping[str, str] | None = None) -> Manifest:
    """What is wanted of a machine at whose terminal nobody sits."""
    request = bootstrap_request(node, files, options or {}, ask=True)
    return Manifest.model_validate(request.intent["manifest"])


def begin(node: Node, manifest: Manifest, status: ChangeStatus, **answers: str) -> None:
    intent = {"manifest": manifest.dump(), "answers": answers}
    with closing(Journal(node.paths.journal)) as journal:
        number = journal.begin("cluster bootstrap", "Bootstrap", intent, [], NOW)
        journal.finish(number, status, NOW)


def answered() -> Manifest:
    interview = Interview(RACK)
    for question in interview.questions():
        interview.answer(question, "edge" if question.key == "name" else interview.default(question))
    return interview.effective().manifest


def test_a_bootstrap_that_was_cut_off_goes_on_with_the_answers_it_began_with(node: Node) -> None:
    made = answered()
    begin(node, made, ChangeStatus.INTERRUPTED)
    assert wanted(node) == made and made.name == "edge"


@pytest.mark.parametrize("settled", [False, True])
def test_answers_count_again_over_the_same_file(node: Node, tmp_path: Path, settled: bool) -> None:
    """Also once the bootstrap came so far that the machine is a node."""
    file = tmp_path / "cloud.yaml"
    file.write_text("demo:\n  user: somebody\n")
    interview = Interview(RACK, files=[file], advanced=True)
    answers = {"demo.quota.instances": "3", "demo.quota.cores": "7"}
    for question in interview.questions():
        if question.key in answers:
            interview.answer(question, answers[question.key])
    made = interview.effective().manifest
    assert (made.demo.user, made.demo.quota.instances, made.demo.quota.cores) == ("somebody", 3, 7)
    begin(node, made, ChangeStatus.INTERRUPTED, **answers)
    if settled:
        node.paths.etc.mkdir(parents=True)
        NodeSettings.file(node.paths).write_text(NodeSettings.of(made).dump())
        manifest_file(node.paths).write_text(json.dumps(made.dump()))
    again = bootstrap_request(node, [file], {}, ask=True)
    assert again.intent == {"manifest": made.dump(), "answers": answers}
    assert effective_now(node, [file]).manifest == made


def test_somebody_who_may_not_read_the_journal_is_told_of_a_new_cloud(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(node, answered(), ChangeStatus.INTERRUPTED)
    assert effective_now(node, []).manifest.name == "edge"
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert effective_now(node, []).manifest.name != "edge"


@pytest.mark.parametrize("status", [ChangeStatus.DONE, ChangeStatus.UNDONE])
def test_a_bootstrap_that_ended_settles_nothing_by_itself(node: Node, status: ChangeStatus) -> None:
    begin(node, answered(), status)
    assert wanted(node).name != "edge"


def test_nothing_is_begun_on_a_machine_without_a_journal(node: Node) -> None:
    assert wanted(node).name != "edge"
    assert not node.paths.state.exists()


def test_without_a_person_defaults_are_taken(node: Node) -> None:
    made = wanted(node, options={"network.pods": "10.9.0.0/24"})
    assert str(made.network.address) == "192.0.2.2"
    assert str(made.network.pods) == "10.9.0.0/24"
    assert str(made.network.external.range) == "10.77.0.0/24"  # a route of this machine has the usual one


def test_without_a_person_missing_answers_are_listed(node: Node, tmp_path: Path) -> None:
    file = tmp_path / "cloud.yaml"
    file.write_text("network:\n  external:\n    interface: eno1\n")
    with pytest.raises(UsageError) as missing:
        wanted(node, [file])
    assert "network.external.lose_addresses: May that interface lose its addresses?" in missing.value.why
    assert "network.external.range: " in missing.value.why


def refused(
    node: Node, files: Sequence[Path] = (), options: Mapping[str, str] | None = None
) -> dict[str, str]:
    """What is wrong by where that is said."""
    with pytest.raises(PreflightFailed) as wrong:
        wanted(node, files, options)
    assert not node.paths.state.exists()
    return {
        problem.where.rpartition("yaml:")[2] or problem.what.partition(":")[0]: problem.what
        for problem in wrong.value.problems
    }


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("network.address", "0.0.0.0", "0.0.0.0 is no address of a machine"),
        ("network.address", "255.255.255.255", "255.255.255.255 is no address of a machine"),
        ("network.address", "224.0.0.1", "224.0.0.1 is no address of a machine"),
        ("network.pods", "172.24.4.0/24", "172.24.4.0/24 is in use"),
    ],
)
def test_an_option_is_judged_as_an_answer_is(node: Node, key: str, value: str, problem: str) -> None:
    (told,) = refused(node, options={key: value}).values()
    assert problem in told


def test_all_that_is_wrong_is_told_at_once(node: Node, tmp_path: Path) -> None:
    file = tmp_path / "cloud.yaml"
    right = "network:\n  pods: 172.24.4.0/24\n  external: {interface: nosuch0}\n"
    file.write_text(right)
    assert set(refused(node, [file])) == {"2:9", "3:25", "network.external.range"}
    file.write_text(f"{right}nmae: x\n")
    assert set(refused(node, [file])) == {"2:9", "3:25", "4:1"}
    options = {"network.pods": "10", "network.external.range": "172.24.4.0/24"}
    told = refused(node, options=options)
    assert told["answer network.pods"].startswith("network.pods must be")
    assert "172.24.4.0/24 is in use" in told["network.external.range"]


def test_what_a_bootstrap_began_with_is_not_judged_again(node: Node) -> None:
    network = {"pods": "172.24.4.0/25", "external": {"range": "10.99.0.0/24"}}
    made = Manifest.model_validate({"network": network})
    begin(node, made, ChangeStatus.INTERRUPTED)
    assert str(wanted(node).network.pods) == "172.24.4.0/25"
    with pytest.raises(PreflightFailed, match="1 problem"):
        wanted(node, options={"network.pods": "172.24.4.128/25"})
