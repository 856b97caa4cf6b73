from __future__ import annotations

from pathlib import Path

import pytest

from sunbeam.cluster.answers import settle
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.errors import ExitCode, UsageError
from sunbeam.core.paths import Paths

NOTHING = {"address": None, "pods": None, "external": None}


def existing(tmp_path: Path) -> Paths:
    paths = Paths(tmp_path)
    paths.etc.mkdir(parents=True)
    NodeSettings.file(paths).write_text(NodeSettings("n", "192.0.2.1", pods="10.9.0.0/24").dump())
    return paths


def test_defaults_fill_what_is_not_answered(tmp_path: Path) -> None:
    settings = settle(Paths(tmp_path), {**NOTHING, "pods": "10.1.0.0/24"}, lambda: "192.0.2.7")
    assert (settings.address, settings.pods, settings.external) == (
        "192.0.2.7",
        "10.1.0.0/24",
        "172.24.4.0/24",
    )


def test_every_wrong_answer_is_named_in_one_report(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        settle(
            Paths(tmp_path),
            {"address": "foo", "pods": "1.2.3.4/33", "external": "10.0.0.0/30"},
            lambda: "192.0.2.7",
        )
    assert refused.value.exit_code is ExitCode.USAGE
    assert [line.partition(" ")[0].rstrip(":") for line in refused.value.why.splitlines()] == [
        "--address",
        "--pod-range",
        "--external-range",
    ]


def test_a_cloud_keeps_the_answers_it_was_made_with(tmp_path: Path) -> None:
    paths = existing(tmp_path)
    assert settle(paths, {**NOTHING, "pods": "10.9.0.0/24"}, lambda: "x").name == "n"
    with pytest.raises(UsageError, match="These answers cannot be") as refused:
        settle(paths, {**NOTHING, "pods": "10.8.0.0/24"}, lambda: "x")
    assert "made with 10.9.0.0/24" in refused.value.why
