"""A machine that cannot become a cloud is told all of why at once, and is left as it is."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from sunbeam.core.change import Change
from sunbeam.core.errors import ExitCode, PreflightFailed
from sunbeam.core.process import Processes
from sunbeam.substrates.embedded import facts
from sunbeam.substrates.embedded.facts import Facts, System
from sunbeam.substrates.embedded.network import NetworkPlan
from sunbeam.substrates.embedded.network_facts import Listener, Range
from sunbeam.substrates.embedded.preflight import GIB
from sunbeam.tasks.packages import InstallPackages, _wanted_packages
from tests.unit.core.bench import Step, Workbench
from tests.unit.substrates.test_preflight import GOOD

BAD = replace(
    GOOD,
    system=replace(GOOD.system, disk_free=3 * GIB, uid=1000),
    distribution="fedora",
    version="41",
    distribution_name="Fedora 41",
    memory=2 * GIB,
    network=replace(
        GOOD.network,
        listeners=(Listener(443, "0.0.0.0", "nginx", 812), Listener(17070, "127.0.0.1", "jujud", 7)),
        ranges=(
            Range(IPv4Network("10.20.0.0/16"), "wg0"),
            Range(IPv4Network("172.24.0.0/16"), "docker0"),
        ),
    ),
)
WHAT_AND_NEXT = {
    "not running as root": "sudo sunbeam cluster bootstrap",
    "Fedora 41 is not supported": "use a machine with one of them",
    "2 GiB of memory is too little": "give the machine 8 GiB or more, then: sunbeam cluster bootstrap",
    "the pod range 10.20.30.0/24 is in use": "sunbeam cluster bootstrap --pod-range ",
    "the external range 172.24.4.0/24 is in use": "sunbeam cluster bootstrap --external-range ",
    "3 GiB of free disk space is too little": "df -h /var/lib",
    "port 443 is taken": "ss -ltnp sport = :443",
    "port 17070 is taken": "ss -ltnp sport = :17070",
}


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    made = Workbench(tmp_path)
    made.processes.expect("dpkg-query", answer="".join(f"{name} ii \n" for name in _wanted_packages()))
    return made


async def refused(bench: Workbench, monkeypatch: pytest.MonkeyPatch, found: Facts) -> PreflightFailed:
    """What a bootstrap of that machine says; nothing may be touched by it."""

    async def gather(processes: Processes, system: System, root: Path = Path("/")) -> Facts:
        return found

    async def touch(_: object) -> None:
        raise AssertionError("something was changed")

    monkeypatch.setattr(facts, "gather", gather)
    tasks = [InstallPackages(NetworkPlan(), installed=False), Step("after", touch, "packages")]
    with pytest.raises(PreflightFailed) as failed:
        await bench.engine.run(Change("cluster bootstrap", "Bootstrap the cloud", tasks))
    assert bench.host.performed == [] and bench.journal.changes() == []
    assert {call[0] for call in bench.processes.calls} == {"dpkg-query"}
    return failed.value


async def test_everything_wrong_with_a_machine_is_one_report(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = await refused(bench, monkeypatch, BAD)
    assert error.exit_code is ExitCode.PREFLIGHT and int(error.exit_code) == 3
    assert str(error).startswith("8 problems found; nothing was changed\n")
    told = {problem.what: problem for problem in error.problems}
    assert told.keys() == WHAT_AND_NEXT.keys()
    for what, words in WHAT_AND_NEXT.items():
        assert told[what].next_command.startswith(words)
        assert told[what].where and told[what].why


async def test_a_range_in_use_gets_another_one_proposed_that_is_free(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranges = (Range(IPv4Network("10.0.0.0/8"), "wg0"),)
    found = replace(GOOD, network=replace(GOOD.network, ranges=ranges))
    (problem,) = (await refused(bench, monkeypatch, found)).problems
    assert problem.where.startswith("10.0.0.0/8") or "wg0" in problem.where
    _, option, proposed = problem.next_command.rpartition("--pod-range ")[0:3]
    assert option and not IPv4Network(proposed).overlaps(IPv4Network("10.0.0.0/8"))
