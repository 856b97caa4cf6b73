"""Rules on a node's programs and records, each with a fault and without."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sunbeam.cluster.services import Service
from sunbeam.cluster.settings import NodeSettings
from sunbeam.cluster.supervised import SupervisedServices
from sunbeam.core.errors import SunbeamError
from sunbeam.core.journal import ChangeRecord, JournalNewer, JournalNotWritten
from sunbeam.core.paths import Paths
from sunbeam.core.shipped import code_digest
from sunbeam.core.status import ChangeStatus, TaskStatus
from sunbeam.doctor.look import NotRead
from sunbeam.doctor.readings import certificates, host, node, operators
from tests.unit.doctor.examples import (
    CERTIFICATE,
    DOWN,
    ETCD,
    NO_OTHERS,
    NODE,
    UP,
    change,
    task,
)
from tests.unit.doctor.fake_look import NOW, FakeLook, diagnoses, diagnosis

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
    for log in (
        ["ready"],
        [line, "etcdmain: etcd Version: 3.4.23"],
        [line, '{"msg":"starting an etcd server"}'],
    ):
        assert await diagnoses("etcd-full", tmp_path, {(node.program_log, "etcd"): log}) == []


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


async def test_a_daemon_of_another_version(tmp_path: Path) -> None:
    answers: dict[Any, Any] = {**UP, node.daemon_code: "0123456789abcdef"}
    found = await diagnosis("sunbeamd-outdated", tmp_path, answers)
    assert found.evidence == f"started from code 0123456789abcdef, installed is {code_digest()}"
    for known in ("", code_digest()):
        answers[node.daemon_code] = known
        assert await diagnoses("sunbeamd-outdated", tmp_path, answers) == []


async def test_the_code_of_a_daemon_is_in_what_starts_it(tmp_path: Path) -> None:
    look = FakeLook(tmp_path, {node.uses_systemd: False})
    assert await node.daemon_code(look) == ""
    services = SupervisedServices(Paths(tmp_path))
    services.install(Service("sunbeamd", "It", ["true"], {"SUNBEAM_CODE": "0123456789abcdef"}))
    assert await node.daemon_code(look) == "0123456789abcdef"


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
    assert await diagnoses("journal-newer", tmp_path, {node.changes: damaged}) == []
    assert await diagnoses("journal-damaged", tmp_path, {node.changes: ()}) == []


async def test_a_journal_of_a_newer_version_is_not_damaged(tmp_path: Path) -> None:
    newer = NotRead("newer")
    newer.__cause__ = JournalNewer("newer Sunbeam", where="/j", why="version 3", next_command="install it")
    assert await diagnoses("journal-not-written", tmp_path, {node.changes: newer}) == []
    found = await diagnosis("journal-newer", tmp_path, {node.changes: newer})
    assert (found.evidence, found.remedy) == ("/j: version 3", "install it")
    assert await diagnoses("journal-damaged", tmp_path, {node.changes: newer}) == []


async def test_a_disk_that_takes_nothing_damages_no_journal(tmp_path: Path) -> None:
    full = NotRead("full")
    full.__cause__ = JournalNotWritten("not written", where="/j", why="disk is full", next_command="df -h /")
    found = await diagnosis("journal-not-written", tmp_path, {node.changes: full})
    assert found.evidence == "/j: disk is full"
    assert await diagnoses("journal-damaged", tmp_path, {node.changes: full}) == []


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


async def test_what_failed_first_is_told(tmp_path: Path) -> None:
    """Later ones may have failed because of it."""
    waited = replace(
        task(TaskStatus.FAILED, "given up", id="wait"), title="Wait", finished="2026-01-01T00:02:00Z"
    )
    cause = replace(task(TaskStatus.FAILED, "E: gone"), finished="2026-01-01T00:01:00Z")
    failed = change(ChangeStatus.FAILED, waited, cause)
    found = await diagnosis(
        "change-unfinished", tmp_path, {node.unfinished: (failed,), node.change_lock: None}
    )
    assert found.cause == "Bootstrap the cloud failed: Build image nova"


async def test_what_failed_before_a_change_was_resumed_is_of_the_past(tmp_path: Path) -> None:
    resumed = change(ChangeStatus.DOING, task(TaskStatus.FAILED, error=""))
    answers = {node.unfinished: (resumed,), node.change_lock: None}
    found = await diagnosis("change-unfinished", tmp_path, answers)
    assert found.cause == "Bootstrap the cloud was interrupted"
    assert await diagnoses("image-build-failed", tmp_path, answers) == []


async def test_what_was_made_up_for_is_finished(tmp_path: Path) -> None:
    def record(minute: int, kind: str, status: ChangeStatus) -> ChangeRecord:
        return replace(change(status, kind=kind), finished=f"2026-01-01T00:{minute}:00Z")

    failed, done = ChangeStatus.FAILED, ChangeStatus.DONE
    changes = (
        record(50, "configure", done),
        record(40, "configure", failed),
        record(20, "cluster start", done),
        record(30, "image build", failed),  # an old one, continued since
        record(10, "cluster bootstrap", failed),
        record(60, "launch", failed),
    )
    found = await node.unfinished(FakeLook(tmp_path, {node.changes: changes}))
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
