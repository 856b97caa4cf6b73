from dataclasses import replace

import pytest

from sunbeam.checks import machine
from sunbeam.checks.wanted import Wanted
from sunbeam.checks.words import GIB
from sunbeam.substrates.embedded.facts import Facts
from tests.unit.checks.seen import GOOD, INSTALLED, WANTED, ids

JUDGES = (machine.root, machine.distribution, machine.cores, machine.memory, machine.init)


def found(facts: Facts, wanted: Wanted = WANTED) -> list[str]:
    return [id for judge in JUDGES for id in ids(judge, facts, wanted)]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (GOOD, []),
        (replace(GOOD, memory=int(7.7 * GIB)), []),
        (replace(GOOD, memory=int(7.4 * GIB)), ["memory-too-little"]),
        (replace(GOOD, memory_available=3 * GIB), ["memory-in-use"]),
        (replace(GOOD, system=replace(GOOD.system, uid=1000)), ["not-root"]),
        (replace(GOOD, system=replace(GOOD.system, cores=1)), ["cores-too-few"]),
        (replace(GOOD, distribution="fedora", version="41"), ["distribution-unsupported"]),
        (replace(GOOD, version="11"), ["distribution-unsupported"]),
        (replace(GOOD, distribution="ubuntu", version="24.04"), []),
        (replace(GOOD, systemd=False), ["no-systemd"]),
    ],
)
def test_the_machine(facts: Facts, expected: list[str]) -> None:
    assert found(facts) == expected


def test_memory_that_our_own_cloud_uses_is_no_finding() -> None:
    assert found(replace(GOOD, memory_available=GIB), INSTALLED) == []


@pytest.mark.parametrize("wanted", [WANTED, INSTALLED])
def test_a_cloud_is_started_by_hand_after_a_reboot_and_not_before_there_is_one(wanted: Wanted) -> None:
    (problem,) = machine.init(replace(GOOD, systemd=False), wanted)
    assert problem.next_command == "after each reboot: sunbeam cluster start"


def test_what_is_too_little_is_told_with_numbers() -> None:
    (problem,) = machine.memory(replace(GOOD, memory=4 * GIB), WANTED)
    assert problem.what == "4 GiB of memory is too little"
    assert "8 GiB" in problem.why and "MemTotal 4 GiB" in problem.evidence
    assert problem.severity == "error"


def test_the_command_to_type_is_that_of_the_change() -> None:
    user = replace(GOOD, system=replace(GOOD.system, uid=1000))
    (problem,) = machine.root(user, Wanted(again="sunbeam cluster start"))
    assert problem.next_command == "sudo sunbeam cluster start"


@pytest.mark.parametrize(
    ("version", "expected"), [((3, 11), []), ((3, 13), []), ((3, 14), ["python-untested"])]
)
def test_python(version: tuple[int, int], expected: list[str]) -> None:
    assert ids(machine.python, version) == expected


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"podman": "podman version 4.3.1\n", "runc": ""}, []),
        ({"podman": ""}, []),
        ({"podman": "podman version 3.4.4\n"}, ["podman-too-old"]),
        ({"crun": "!exit code 127: libyajl.so.2: cannot open"}, ["program-broken"]),
    ],
)
def test_container_tools(answers: dict[str, str], expected: list[str]) -> None:
    assert ids(machine.container_tools, answers) == expected


@pytest.mark.parametrize(("encoding", "expected"), [("utf8", []), ("ascii", ["locale-not-utf8"])])
def test_locale(encoding: str, expected: list[str]) -> None:
    assert ids(machine.locale, encoding) == expected


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ((False, ()), []),
        ((True, ()), ["selinux-enforcing"]),
        ((False, ("/usr/sbin/mariadbd",)), ["apparmor-profile"]),
    ],
)
def test_confinement(seen: tuple[bool, tuple[str, ...]], expected: list[str]) -> None:
    assert ids(machine.confinement, seen) == expected


def test_a_machine_with_one_core_is_told_so_and_goes_on() -> None:
    (problem,) = machine.cores(replace(GOOD, system=replace(GOOD.system, cores=1)), WANTED)
    assert problem.severity == "warning"
