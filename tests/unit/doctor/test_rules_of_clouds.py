"""Rules on containers, operators and APIs, each with a fault and without."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sunbeam.cluster.probes import ApiHealth, CloudHealth
from sunbeam.core.paths import Paths
from sunbeam.core.status import ChangeStatus, TaskStatus
from sunbeam.doctor.look import NotRead
from sunbeam.doctor.readings import backends, containers, node, operators, outside
from sunbeam.operators.entities import HookError, Status
from tests.unit.doctor.examples import (
    HYPERVISOR,
    MARIADB,
    NODE,
    change,
    said,
    task,
    unit,
)
from tests.unit.doctor.fake_look import NOW, diagnoses, diagnosis

# Containers.


async def test_a_failed_build_tells_the_package_managers_words(tmp_path: Path) -> None:
    error = (
        "image nova could not be built\n  where: images/nova\n  why: E: Unable to locate package x\n  next: y"
    )
    answers = {node.unfinished: (change(ChangeStatus.FAILED, task(TaskStatus.FAILED, error)),)}
    found = await diagnosis("image-build-failed", tmp_path, answers)
    assert found.evidence == "E: Unable to locate package x"
    assert found.remedy == "sunbeam image build nova"


async def test_an_image_that_nobody_builds(tmp_path: Path) -> None:
    waiting = unit(problem="nova: image localhost/sunbeam/nova:12ab is being built")
    answers = {node.change_lock: None, operators.units: (waiting,)}
    found = await diagnosis("image-missing", tmp_path, answers)
    assert found.evidence == "podman images has no localhost/sunbeam/nova:12ab"
    assert (found.remedy, found.about) == ("sunbeam image build nova", "nova/0")


async def test_podman_tells_why_it_does_not_work(tmp_path: Path) -> None:
    broken = NotRead("podman ended with 125: driver not supported")
    broken.__cause__ = OSError()
    answers = {**NODE, containers.podman_state: broken, containers.podman_environment: {"A": "b"}}
    found = await diagnosis("podman-broken", tmp_path, answers)
    assert (found.evidence, found.remedy) == (str(broken), "A=b podman ps")


async def test_a_container_that_ends_again_and_again(tmp_path: Path) -> None:
    starts = [NOW - timedelta(seconds=seconds) for seconds in (60, 30, 10)]
    answers = {
        **NODE,
        containers.containers: (MARIADB,),
        operators.units: (unit("mariadb/0"),),
        (containers.started_at, MARIADB.name): starts,
        backends.unit_lines: said("[mariadb] [ERROR] Can't open table: No space left on device"),
    }
    found = await diagnosis("container-down", tmp_path, answers)
    assert found.cause == "The container of mariadb/0 ends again and again"
    assert found.evidence.startswith("3 starts in 10 minutes; [mariadb] [ERROR] Can't open table")
    assert "api-fails" in found.explains
    steady = {**answers, (containers.started_at, MARIADB.name): [starts[0]]}
    assert await diagnoses("container-down", tmp_path, steady) == []
    gone = {**steady, containers.containers: (replace(MARIADB, pid=0),)}
    assert (
        await diagnosis("container-down", tmp_path, gone)
    ).cause == "The container of mariadb/0 does not run"


async def test_a_service_that_is_down_tells_its_effect_and_last_words(tmp_path: Path) -> None:
    services = (
        containers.PebbleService("nova-compute", True, "backoff"),
        containers.PebbleService("libvirtd", True, "active"),
        containers.PebbleService("spare", False, "inactive"),
    )
    lines = said(
        "[nova-compute] starting",
        "[nova-compute] ERROR oslo.messaging cannot connect",
        "[libvirtd] error: something else",
        "[pebble] Service \"nova-compute\" on-failure action is 'restart', waiting ~30s before restart",
    )
    answers = {containers.all_services: {HYPERVISOR: services}, backends.unit_lines: lines}
    found = await diagnosis("service-down", tmp_path, answers)
    assert found.cause == (
        "nova-compute of hypervisor/0 ends again and again: VMs are neither started nor changed"
    )
    assert found.evidence.startswith('ERROR oslo.messaging cannot connect\nService "nova-compute"')
    assert found.about == "hypervisor/0"


async def test_a_check_that_fails(tmp_path: Path) -> None:
    answers = {
        containers.all_services: {MARIADB: ()},
        (containers.checks, MARIADB.name): {"ready": 4},
        backends.unit_lines: said("[mariadb] Too many connections"),
    }
    found = await diagnosis("check-fails", tmp_path, answers)
    assert found.evidence.startswith("4 failures in a row")


# Back ends.


async def test_mariadb(tmp_path: Path) -> None:
    there: dict[Any, Any] = {containers.containers: (MARIADB,)}
    full = {**there, backends.mariadb: backends.Mariadb(1000, 1000, False)}
    found = await diagnosis("mariadb-connections", tmp_path, full)
    assert found.evidence == "Threads_connected = 1000, max_connections = 1000"
    assert found.remedy.startswith("nsenter --target=11 --all mariadb ")
    locked = {**there, backends.mariadb: backends.Mariadb(10, 1000, True)}
    assert (await diagnosis("mariadb-read-only", tmp_path, locked)).evidence == "@@global.read_only = 1"
    well = {**there, backends.mariadb: backends.Mariadb(10, 1000, False)}
    for rule in ("mariadb-connections", "mariadb-read-only"):
        assert await diagnoses(rule, tmp_path, well) == []


async def test_mariadb_that_lets_nobody_in(tmp_path: Path) -> None:
    line = "ERROR 1040 (08004): Too many connections"
    answers = {containers.containers: (MARIADB,), backends.mariadb: NotRead(line)}
    found = await diagnosis("mariadb-connections", tmp_path, answers)
    assert (found.evidence, found.remedy) == (line, "kill 11")


async def test_rabbitmq_alarms(tmp_path: Path) -> None:
    answers = {
        containers.containers: (),
        backends.rabbitmq_alarms: {"memory": "memory resource limit alarm set"},
    }
    found = await diagnosis("rabbitmq-alarm", tmp_path, answers)
    assert found.cause == "RabbitMQ takes no messages: it has too little memory"


async def test_ovn_that_is_not_connected_tells_its_warning(tmp_path: Path) -> None:
    answers = {
        containers.containers: (HYPERVISOR,),
        backends.ovn_connection: "not connected",
        backends.unit_lines: said(
            "[ovn-controller] 5|reconnect|WARN|ssl:10.20.30.20:6642: connection refused"
        ),
    }
    found = await diagnosis("ovn-disconnected", tmp_path, answers)
    assert "connection refused" in found.evidence
    assert (
        await diagnoses("ovn-disconnected", tmp_path, {**answers, backends.ovn_connection: "connected"}) == []
    )


# Operators and APIs.


async def test_a_failing_charm_shows_its_exception(tmp_path: Path) -> None:
    traceback = (
        "Traceback (most recent call last):\n"
        '  File "/engine/charms/12/src/charm.py", line 9, in <module>\n'
        "    ops.main(Charm)\n"
        '  File "/engine/charms/12/src/charm.py", line 5, in _on_start\n'
        "    raise ValueError('no size')\n"
        "ValueError: no size\n"
    )
    error = HookError(hook={"kind": "config-changed"}, attempts=4, traceback=traceback)
    found = await diagnosis("hook-fails", tmp_path, {operators.units: (unit(error=error), unit("glance/0"))})
    assert found.cause == "The charm of nova/0 fails in its hook config-changed (4 times)"
    assert found.evidence == ("ValueError: no size\nsrc/charm.py:5 in _on_start: raise ValueError('no size')")


async def test_a_unit_that_waits_says_for_what(tmp_path: Path) -> None:
    units = (
        unit(workload_status=Status(current="blocked", message="integrate a database")),
        unit("glance/0", workload_status=Status(current="active")),
    )
    found = await diagnosis("unit-waits", tmp_path, {operators.units: units})
    assert (found.cause, found.evidence) == ("nova/0 is blocked", "integrate a database")


async def test_agents_and_apis(tmp_path: Path) -> None:
    etc = Paths(tmp_path).etc
    etc.mkdir(parents=True)
    (etc / "clouds.yaml").write_text("clouds: {}")
    dead = outside.Agent("nova-compute", "one", False, "2025-12-31 23:00:00")
    answers = {node.change_lock: None, outside.agents: (dead, replace(dead, alive=True))}
    assert (await diagnosis("agent-dead", tmp_path, answers)).evidence == "heard last 2025-12-31 23:00:00"
    nova = ApiHealth("compute", "https://192.0.2.7/openstack-nova/v2.1", 9, "HTTP 503")
    refused = ApiHealth("identity", "https://192.0.2.7/openstack-keystone/v3", 9, "HTTP 401 Unauthorized")
    seen = {outside.cloud: CloudHealth((nova, refused), None)}
    assert (await diagnoses("api-fails", tmp_path, seen))[0].about == "nova/0"
    assert (await diagnosis("credentials-refused", tmp_path, seen)).evidence.endswith("401 Unauthorized")


async def test_what_was_never_made_is_not_missed(tmp_path: Path) -> None:
    for rule in ("agent-dead", "api-fails", "credentials-refused"):
        assert await diagnoses(rule, tmp_path, {node.change_lock: None}) == []
    for rule in ("etcd-down", "sunbeamd-down", "sunbeamd-silent", "cloud-stopped", "container-down"):
        assert await diagnoses(rule, tmp_path, {node.is_node: False}) == []
