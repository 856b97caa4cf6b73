"""Causes come first, each finding once, and nothing keeps the others from being told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sunbeam.cli.doctor import show_text
from sunbeam.core.errors import SunbeamError
from sunbeam.core.paths import Paths
from sunbeam.doctor.diagnosis import Diagnosis, Rule
from sunbeam.doctor.examination import Examination, Finding, examine, ranked
from sunbeam.doctor.look import Look, NotRead
from sunbeam.doctor.rules import RULES
from tests.fakes.clock import FakeClock
from tests.fakes.processes import FakeProcesses
from tests.unit.doctor.fake_look import FakeLook


async def nothing(look: Look) -> list[Diagnosis]:
    return []


def found(id: str, about: str = "", explains: tuple[str, ...] = (), **more: str) -> Diagnosis:
    return Diagnosis(id, "evidence", "remedy", about, explains=explains, id=id, **more)  # type: ignore[arg-type]


def shape(findings: tuple[Finding, ...]) -> list[object]:
    return [(each.diagnosis.cause, shape(each.consequences)) for each in findings]


DISK = Rule("disk", "", nothing, explains=("mariadb", "api"))
MARIADB = Rule("mariadb", "", nothing, explains=("api",), explains_here=("hook",))
HOOK = Rule("hook", "", nothing)
API = Rule("api", "", nothing)
CHAIN = (DISK, MARIADB, HOOK, API)


def test_the_root_cause_comes_first_with_its_consequences_below() -> None:
    findings = ranked([found("api"), found("mariadb"), found("disk")], CHAIN)
    assert shape(findings) == [("disk", [("mariadb", [("api", [])])])]


def test_a_finding_about_something_else_stays_a_cause() -> None:
    findings = ranked(
        [found("mariadb", "mariadb/0"), found("hook", "nova/0"), found("hook", "mariadb/0")], CHAIN
    )
    assert shape(findings) == [("mariadb", [("hook", [])]), ("hook", [])]


def test_a_diagnosis_explains_more_than_its_rule() -> None:
    findings = ranked([found("hook", explains=("api",)), found("api")], CHAIN)
    assert shape(findings) == [("hook", [("api", [])])]


def test_a_later_rule_explains_no_earlier_one() -> None:
    findings = ranked([found("hook", explains=("disk",)), found("disk")], CHAIN)
    assert shape(findings) == [("disk", []), ("hook", [])]


def test_errors_come_before_warnings() -> None:
    findings = ranked([found("disk", severity="warning"), found("hook")], CHAIN)
    assert shape(findings) == [("hook", []), ("disk", [])]


def test_a_warning_explains_no_error() -> None:
    findings = ranked([found("disk", severity="warning"), found("api")], CHAIN)
    assert shape(findings) == [("api", []), ("disk", [])]


def test_every_rule_that_is_explained_exists_and_comes_later() -> None:
    places = {rule.id: place for place, rule in enumerate(RULES)}
    assert len(places) == len(RULES) >= 20
    for rule in RULES:
        for explained in (*rule.explains, *rule.explains_here):
            assert places[explained] > places[rule.id], f"{rule.id} explains {explained}"


async def test_what_cannot_be_told_is_told(tmp_path: Path) -> None:
    async def silent(look: Look) -> list[Diagnosis]:
        await asyncio.sleep(60)
        return []

    async def blind(look: Look) -> list[Diagnosis]:
        raise NotRead("etcd does not answer")

    async def broken(look: Look) -> list[Diagnosis]:
        raise KeyError("x")

    async def finds(look: Look) -> list[Diagnosis]:
        return [Diagnosis("it is full", "0 MiB", "df -h")]

    rules = [
        Rule("silent", "", silent),
        Rule("blind", "", blind),
        Rule("broken", "", broken),
        Rule("disk", "", finds),
    ]
    examination = await examine(FakeLook(tmp_path, {}), rules, seconds=0.05)
    assert examination.unanswered == {
        "silent": "no answer within 0.05 s",
        "blind": "etcd does not answer",
        "broken": "KeyError: 'x'",
    }
    assert [each.id for each in examination.diagnoses()] == ["disk"]
    assert not examination.ok


def test_where_there_is_no_cloud_nothing_else_is_to_be_known(capsys: pytest.CaptureFixture[str]) -> None:
    for id, told in (("disk", True), ("no-cloud", False)):
        show_text(Examination((Finding(found(id)),), {"etcd-full": "no answer"}))
        assert ("not known: etcd-full: no answer" in capsys.readouterr().out) is told


async def test_of_an_error_only_what_and_why_are_told(tmp_path: Path) -> None:
    async def fails(look: Look) -> str:
        raise SunbeamError("It is gone", where="here", next_command="look", id="no-cloud")

    look = Look(Paths(tmp_path), FakeProcesses(), FakeClock())
    with pytest.raises(NotRead, match=r"^It is gone$"):
        await look(fails)
    await look.close()


async def test_a_reading_is_made_once_within_its_time(tmp_path: Path) -> None:
    calls = []

    async def count(look: Look, word: str) -> str:
        calls.append(word)
        return word

    async def stalls(look: Look) -> str:
        await asyncio.sleep(60)
        return ""

    async def fails(look: Look) -> str:
        raise FileNotFoundError(2, "No such file", "x")

    look = Look(Paths(tmp_path), FakeProcesses(), FakeClock(), seconds=0.05)
    words = await asyncio.gather(look(count, "a"), look(count, "a"), look(count, "b"))
    assert list(words) == ["a", "a", "b"]
    assert calls == ["a", "b"]
    assert await look.known(stalls) is None
    assert await look.known(fails) is None
    try:
        await look(stalls)
    except NotRead as error:
        assert str(error) == "no answer within 0.05 s"
    await look.close()
