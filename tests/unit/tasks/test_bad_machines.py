"""A machine that cannot become a cloud is told all of why at once, and is left as it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from sunbeam.checks import machine, networks, ports, storage
from sunbeam.checks.catalogue import CHECKS
from sunbeam.checks.check import Check, CheckContext
from sunbeam.checks.networks import Networks
from sunbeam.checks.ports import Holder
from sunbeam.checks.storage import Volume
from sunbeam.checks.wanted import Wanted
from sunbeam.checks.words import GIB
from sunbeam.core.change import Change
from sunbeam.core.errors import ExitCode, PreflightFailed
from sunbeam.substrates.embedded.facts import Facts
from sunbeam.substrates.embedded.network_facts import Listener, Range
from sunbeam.tasks.machine import CheckMachine
from tests.unit.checks.seen import GOOD, NETWORK, WANTED
from tests.unit.core.bench import Step, Workbench

BAD_FACTS = replace(
    GOOD,
    system=replace(GOOD.system, uid=1000),
    distribution="fedora",
    version="41",
    distribution_name="Fedora 41",
    memory=2 * GIB,
)
BAD_NETWORK = replace(
    NETWORK,
    ranges=(Range(IPv4Network("10.20.0.0/16"), "wg0"), Range(IPv4Network("172.24.0.0/16"), "docker0")),
)
SEEN: dict[object, object] = {
    machine.machine: BAD_FACTS,
    networks.networks: Networks(BAD_NETWORK),
    storage.volumes: (Volume("/var/lib/sunbeam", 20 * GIB, "1", "/", "ext4", ("rw",), 3 * GIB),),
    ports.holders: (
        Holder(Listener(443, "0.0.0.0", "nginx", 812)),
        Holder(Listener(17070, "127.0.0.1", "jujud", 7), "jujud.service"),
    ),
}
WHAT_AND_NEXT = {
    "not running as root": "sudo sunbeam cluster bootstrap",
    "Fedora 41 is not supported": "use a machine with one of them",
    "2 GiB of memory is too little": "give the machine 8 GiB or more, then: sunbeam cluster bootstrap",
    "the pod range 10.20.30.0/24 is in use": "sunbeam cluster bootstrap --pod-range ",
    "the external range 172.24.4.0/24 is in use": "sunbeam cluster bootstrap --external-range ",
    "3 GiB of free disk space is too little": "df -h /",
    "port 443 is taken": "ss -ltnp sport = :443",
    "port 17070 is taken": "systemctl disable --now jujud.service",
}


def seeing(seen: dict[object, object]) -> list[Check[Any]]:
    """Those of the real checks that look at what is given; they see that."""

    def fixed(found: object) -> Callable[[CheckContext], Awaitable[object]]:
        async def look(context: CheckContext) -> object:
            return found

        return look

    return [replace(each, look=fixed(seen[each.look])) for each in CHECKS if each.look in seen]


async def refused(bench: Workbench, seen: dict[object, object], wanted: Wanted = WANTED) -> PreflightFailed:
    """What a bootstrap of that machine says; nothing may be touched by it."""

    async def touch(_: object) -> None:
        raise AssertionError("something was changed")

    tasks = [CheckMachine(wanted, seeing(seen)), Step("after", touch, "machine")]
    with pytest.raises(PreflightFailed) as failed:
        await bench.engine.run(Change("cluster bootstrap", "Bootstrap the cloud", tasks))
    assert bench.host.performed == [] and bench.journal.changes() == [] and bench.processes.calls == []
    return failed.value


async def test_everything_wrong_with_a_machine_is_one_report(tmp_path: Path) -> None:
    error = await refused(Workbench(tmp_path), SEEN)
    assert error.exit_code is ExitCode.PREFLIGHT and int(error.exit_code) == 3
    assert str(error).startswith("8 problems found; nothing was changed\n")
    told = {problem.what: problem for problem in error.problems}
    assert told.keys() == WHAT_AND_NEXT.keys()
    for what, words in WHAT_AND_NEXT.items():
        assert told[what].next_command.startswith(words)
        assert told[what].where and told[what].why and told[what].id


async def test_a_range_in_use_gets_another_one_proposed_that_is_free(tmp_path: Path) -> None:
    taken = replace(NETWORK, ranges=(Range(IPv4Network("10.0.0.0/8"), "wg0"),))
    seen: dict[object, object] = {networks.networks: Networks(taken)}
    (problem,) = (await refused(Workbench(tmp_path), seen)).problems
    assert problem.where == "10.0.0.0/8 on wg0"
    _, option, proposed = problem.next_command.rpartition("--pod-range ")
    assert option and not IPv4Network(proposed).overlaps(IPv4Network("10.0.0.0/8"))


async def test_facts_of_a_good_machine_stop_nothing(tmp_path: Path) -> None:
    bench = Workbench(tmp_path)
    good: Facts = GOOD
    task = CheckMachine(WANTED, seeing({machine.machine: good, networks.networks: Networks(NETWORK)}))
    await bench.engine.run(Change("cluster bootstrap", "Bootstrap the cloud", [task]))
    assert [record.status for record in bench.journal.changes()] == ["done"]
