"""Rules on a node's programs and records, containers, operators and APIs, each with a fault and without."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sunbeam.cluster.probes import ApiHealth, CloudHealth
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.errors import SunbeamError
from sunbeam.core.journal import ChangeRecord, TaskRecord
from sunbeam.core.paths import Paths
from sunbeam.core.status import ChangeStatus, TaskStatus
from sunbeam.doctor.look import NotRead
from sunbeam.doctor.readings import backends, certificates, containers, host, node, operators, outside
from sunbeam.operators.entities import HookError, Status, Unit
from sunbeam.substrates.embedded.container_log import LogLine
from tests.unit.doctor.fake_look import NOW, FakeLook, diagnoses, diagnosis

NODE: Mapping[Any, Any] = {node.is_node: True}
ETCD, DAEMON = (node.program, "etcd"), (node.program, "sunbeamd")
UP = {ETCD: node.Program("etcd", "active"), DAEMON: node.Program("sunbeamd", "active")}
DOWN = {ETCD: node.Program("etcd", "inactive"), DAEMON: node.Program("sunbeamd", "inactive")}
MARIADB = containers.Container("mariadb-0-ab.mariadb", "mariadb/0", 11)
HYPERVISOR = containers.Container("machine-0-cd", "hypervisor/0", 12)
CERTIFICATE = certificates.Certificate(
    "etcd", "/x/etcd.crt", NOW - timedelta(days=1), NOW + timedelta(days=300), True, "CN=Sunbeam cluster CA"
)
NO_OTHERS = {certificates.public_certificate: NotRead("refused"), certificates.ovn: ()}


def change(status: ChangeStatus, *tasks: TaskRecord, kind: str = "cluster bootstrap") -> ChangeRecord:
    return ChangeRecord(7, kind, "Bootstrap the cloud", {}, status, "2025-12-31T10:00:00Z", tasks=tasks)


def task(status: TaskStatus, error: str = "", id: str = "image-nova") -> TaskRecord:
    return TaskRecord(id, "Build image nova", (), status, error=error)


def unit(name: str = "nova/0", **fields: Any) -> Unit:
    return Unit(model_uuid="m", name=name, application=name.partition("/")[0], **fields)


def said(*texts: str) -> list[LogLine]:
    return [LogLine(NOW - timedelta(minutes=1), text) for text in texts]


# Programs.


async def test_a_cloud_that_a_person_stopped(tmp_path: Path) -> None:
    stop = replace(change(ChangeStatus.DONE, kind="cluster stop"), title="Stop the cloud", finished="10:00")
    found = await diagnosis("cloud-stopped", tmp_path, {**NODE, **DOWN, node.changes: (stop,)})
    assert (found.evidence, found.remedy) == ("change 7 ended 10:00: Stop the cloud", "sunbeam cluster start")


async def test_a_boot_without_start(tmp_path: Path) -> None:
    done = replace(change(ChangeStatus.DONE), finished="2025-12-31T11:00:00Z")
    answers = {**NODE, **DOWN, node.changes: (done,), host.boot_time: NOW}
    found = await diagnosis("cloud-stopped", tmp_path, answers)
    assert found.evidence == "booted 2026-01-01 00:00:00 UTC; neither etcd nor sunbeamd runs since"
    assert await diagnoses("cloud-stopped", tmp_path, {**NODE, **UP}) == []


async def test_etcd_and_sunbeamd_tell_their_last_error(tmp_path: Path) -> None:
    fatal = '{"level":"fatal","msg":"discovery failed","error":"no space left on device"}'
    logs = {
        (node.program_log, "etcd"): ["{}", fatal, "Main process exited"],
        (node.program_log, "sunbeamd"): [],
    }
    found = await diagnosis("etcd-down", tmp_path, {**NODE, **DOWN, **logs})
    assert found.evidence == "it said last: discovery failed: no space left on device"
    found = await diagnosis("sunbeamd-down", tmp_path, {**NODE, **DOWN, **logs})
    assert found.evidence == "its state is inactive"
    looping = {**NODE, **logs, ETCD: node.Program("etcd", "activating", "exit-code", 9)}
    assert (
        await diagnosis("etcd-down", tmp_path, looping)
    ).cause == "etcd ends as soon as it is started (9 times)"
    for rule in ("etcd-down", "sunbeamd-down"):
        assert await diagnoses(rule, tmp_path, {**NODE, **UP}) == []


async def test_an_api_that_does_not_answer(tmp_path: Path) -> None:
    log = {(node.program_log, "sunbeamd"): ["remote error: tls: bad certificate", "waiting"]}
    restart = {node.restart_daemon: "systemctl restart sunbeam-sunbeamd"}
    answers = {**NODE, **UP, **log, **restart, operators.juju_answers: NotRead("no answer within 5 s")}
    found = await diagnosis("sunbeamd-silent", tmp_path, answers)
    assert found.evidence == "no answer within 5 s; it said last: remote error: tls: bad certificate"
    assert await diagnoses("sunbeamd-silent", tmp_path, {**NODE, **UP, operators.juju_answers: True}) == []


async def test_a_refusal_to_start_is_told_whole(tmp_path: Path) -> None:
    error = SunbeamError(
        "The disk is full", where="/var/lib", why="28: no space", next_command="df -h /var/lib"
    )
    answers = {node.refused: error, operators.juju_answers: NotRead("refused")}
    found = await diagnosis("sunbeamd-refuses", tmp_path, answers)
    assert (found.evidence, found.remedy) == ("/var/lib: 28: no space", "df -h /var/lib")
    assert await diagnoses("sunbeamd-refuses", tmp_path, {node.refused: None}) == []


async def test_a_full_cluster_store(tmp_path: Path) -> None:
    line = '{"level":"warn","msg":"etcdserver: mvcc: database space exceeded"}'
    found = await diagnosis("etcd-full", tmp_path, {(node.program_log, "etcd"): [line]})
    assert found.evidence == line
    assert await diagnoses("etcd-full", tmp_path, {(node.program_log, "etcd"): ["ready"]}) == []


# Certificates and files.


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"begins": NOW + timedelta(days=2)}, "is not valid yet"),
        ({"ends": NOW - timedelta(days=2)}, "has expired"),
        ({"trusted": False, "issuer": "CN=other"}, "was revoked or is of another cloud"),
        ({"fits_key": False}, "and its key do not belong together"),
    ],
)
async def test_certificates(tmp_path: Path, fields: dict[str, Any], cause: str) -> None:
    wrong = replace(CERTIFICATE, **fields)
    found = await diagnosis(
        "certificate-wrong", tmp_path, {certificates.cluster_certificates: (CERTIFICATE, wrong), **NO_OTHERS}
    )
    assert cause in found.cause
    assert found.evidence.startswith("/x/etcd.crt: ")
    assert found.remedy.startswith("rm /x/etcd.crt /x/etcd.key && ")


async def test_a_foreign_certificate_of_ovn_is_about_its_unit(tmp_path: Path) -> None:
    foreign = replace(CERTIFICATE, name="OVN in hypervisor/0", place="hypervisor/0", trusted=False)
    answers = {certificates.cluster_certificates: (), **NO_OTHERS, certificates.ovn: (foreign,)}
    assert (await diagnosis("certificate-wrong", tmp_path, answers)).about == "hypervisor/0"


async def test_a_certificate_that_ends_soon_is_a_warning(tmp_path: Path) -> None:
    soon = replace(CERTIFICATE, ends=NOW + timedelta(days=3))
    answers = {certificates.cluster_certificates: (soon, CERTIFICATE), **NO_OTHERS}
    assert (await diagnosis("certificate-ends-soon", tmp_path, answers)).severity == "warning"


async def test_secrets_that_others_may_read(tmp_path: Path) -> None:
    etc = Paths(tmp_path).etc
    etc.mkdir(parents=True)
    for name, mode in {"clouds.yaml": 0o600, "openrc": 0o640, "ca.crt": 0o644}.items():
        (etc / name).write_text("x")
        (etc / name).chmod(mode)
    found = await diagnosis("secrets-readable", tmp_path, {})
    assert found.about == str(etc / "openrc")
    assert found.evidence == f"-rw-r----- owner {os.geteuid()}"


async def test_credentials_that_are_gone(tmp_path: Path) -> None:
    answers = {node.changes: (change(ChangeStatus.DONE),)}
    assert "clouds.yaml" in (await diagnosis("credentials-gone", tmp_path, answers)).evidence
    answers = {node.changes: (change(ChangeStatus.FAILED),)}
    assert await diagnoses("credentials-gone", tmp_path, answers) == []


async def test_damaged_settings_and_journals(tmp_path: Path) -> None:
    file = NodeSettings.file(Paths(tmp_path))
    file.parent.mkdir(parents=True)
    file.write_text("{")
    assert str(file) in (await diagnosis("settings-damaged", tmp_path, NODE)).evidence
    damaged = NotRead("damaged")
    damaged.__cause__ = SunbeamError(
        "The journal cannot be read", where="/j", why="no database", next_command="mv"
    )
    found = await diagnosis("journal-damaged", tmp_path, {node.changes: damaged})
    assert found.evidence == "/j: no database"
    assert await diagnoses("journal-damaged", tmp_path, {node.changes: ()}) == []


async def test_a_machine_without_cloud(tmp_path: Path) -> None:
    found = await diagnosis("no-cloud", tmp_path, {node.is_node: False})
    assert found.remedy == "sunbeam cluster bootstrap"


# Changes and locks.


async def test_a_failed_change_tells_its_task_and_how_to_go_on(tmp_path: Path) -> None:
    failed = change(
        ChangeStatus.FAILED, task(TaskStatus.FAILED, "image nova could not be built\n  why: E: gone")
    )
    found = await diagnosis(
        "change-unfinished", tmp_path, {node.unfinished: (failed,), node.change_lock: None}
    )
    assert found.cause == "Bootstrap the cloud failed: Build image nova"
    assert "E: gone" in found.evidence
    assert found.remedy == "sunbeam resume 7"


async def test_held_and_interrupted_changes(tmp_path: Path) -> None:
    held = change(ChangeStatus.HELD, task(TaskStatus.HELD, "plug the cable in"))
    found = await diagnosis("change-unfinished", tmp_path, {node.unfinished: (held,), node.change_lock: None})
    assert (found.cause, found.evidence) == ("Bootstrap the cloud waits for a person", "plug the cable in")
    cut = change(ChangeStatus.DOING, task(TaskStatus.DOING), task(TaskStatus.DONE, id="packages"))
    found = await diagnosis("change-unfinished", tmp_path, {node.unfinished: (cut,), node.change_lock: None})
    assert found.evidence == "change 7 began 2025-12-31T10:00:00Z; 1 of 2 tasks are not done"


async def test_what_was_made_up_for_is_finished(tmp_path: Path) -> None:
    def record(kind: str, status: ChangeStatus) -> ChangeRecord:
        return change(status, kind=kind)

    failed, done = ChangeStatus.FAILED, ChangeStatus.DONE
    newest_first = (
        record("launch", failed),
        record("configure", done),
        record("configure", failed),
        record("image build", failed),
        record("cluster start", done),
        record("cluster bootstrap", failed),
    )
    found = await node.unfinished(FakeLook(tmp_path, {node.changes: newest_first}))
    assert [each.kind for each in found] == ["launch", "image build"]


async def test_a_change_under_way_is_none(tmp_path: Path) -> None:
    running = {
        node.change_lock: node.LockHolder(5, "sunbeam cluster bootstrap", True),
        node.terraform_locks: [{"module": "openstack", "holder": "us", "operation": ""}],
    }
    for rule in ("change-unfinished", "terraform-locked", "image-missing", "lock-held"):
        assert await diagnoses(rule, tmp_path, running) == []


async def test_a_stranger_that_holds_the_lock(tmp_path: Path) -> None:
    answers = {node.change_lock: node.LockHolder(99, "sleep 600", False)}
    found = await diagnosis("lock-held", tmp_path, answers)
    assert found.evidence.endswith("process 99 (sleep 600)")
    assert found.remedy == "kill 99"


async def test_a_terraform_lock_that_nobody_uses(tmp_path: Path) -> None:
    lock = {"module": "openstack", "holder": "anna@laptop", "operation": "apply"}
    found = await diagnosis(
        "terraform-locked", tmp_path, {node.terraform_locks: [lock], node.change_lock: None}
    )
    assert found.evidence == "locked by anna@laptop for apply"
    assert found.remedy == "sunbeam plans unlock openstack --force"


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
