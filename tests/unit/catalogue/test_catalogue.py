"""Every error has an id, every id an entry, and every entry a remedy that can be typed."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from typer.testing import CliRunner

from sunbeam.catalogue import AREAS, Entry, entry
from sunbeam.cli.main import app
from sunbeam.core.errors import Problem, SunbeamError, UsageError
from sunbeam.core.lock import ChangeLocked
from sunbeam.doctor.rules import RULES
from tests.unit.catalogue.raise_sites import error_classes, sites
from tests.unit.docs.test_docs_code import names_a_command

ENTRIES = [each for area in AREAS.values() for each in area]
IDS = {each.id for each in ENTRIES}
TOLD_ELSEWHERE = {"cluster/refusal.py", "checks/check.py", "cli/session.py", "core/watching.py"}
"""Errors that were made before, or whose id is that of what they tell."""
GIVEN_OTHERWISE = {"check-stalled", "check-failed"}
CODE = re.compile(r"`([^`]+)`")


def test_every_raise_site_gives_an_id() -> None:
    found = list(sites())
    assert len(found) > 180
    nameless = [site.place for site in found if not site.ids]
    assert [place for place in nameless if place.partition(":")[0] not in TOLD_ELSEWHERE] == []


def test_every_id_is_in_the_catalogue_and_used() -> None:
    used = {id for site in sites() for id in site.ids or ()} | {rule.id for rule in RULES}
    used |= GIVEN_OTHERWISE | {id for id in error_classes().values() if id}
    assert used - IDS == set(), "ids without an entry"
    assert IDS - used == set(), "entries that nothing prints"


def test_ids_are_unique_and_kebab_case() -> None:
    assert [id for id, count in Counter(each.id for each in ENTRIES).items() if count > 1] == []
    assert [id for id in IDS if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id)] == []


@pytest.mark.parametrize("each", ENTRIES, ids=lambda each: each.id)
def test_the_remedy_exists(each: Entry) -> None:
    assert each.cause.endswith(".") and each.remedy.endswith(".")
    named = [words for code in CODE.findall(each.cause + each.remedy) for words in re.split(r" && |; ", code)]
    ours = [words.removeprefix("sunbeam ") for words in named if words.startswith("sunbeam ")]
    assert [words for words in ours if not names_a_command(words)] == []


def test_an_error_prints_its_id() -> None:
    assert str(SunbeamError("No", next_command="ls", id="disk-full")) == (
        "No\n  next: ls\n  more: sunbeam explain disk-full"
    )
    assert str(Problem("No", id="port-taken")).endswith("  more: sunbeam explain port-taken")
    assert ChangeLocked("busy").id == "change-running"
    assert "more:" not in str(SunbeamError("No"))


def test_explain_prints_an_entry_and_names_what_looks_like_it() -> None:
    runner = CliRunner()
    shown = runner.invoke(app, ["explain", "etcd-ends"])
    assert shown.exit_code == 0 and entry("etcd-ends").remedy in shown.stdout
    data = json.loads(runner.invoke(app, ["explain", "etcd-ends", "--format", "json"]).stdout)
    assert data["cause"] == entry("etcd-ends").cause
    listed = json.loads(runner.invoke(app, ["explain", "--format", "json"]).stdout)
    assert {row["id"] for row in listed} == IDS
    with pytest.raises(UsageError) as unknown:
        entry("etcd-end")
    assert "etcd-ends" in unknown.value.why
