"""``sunbeam check`` on this very machine, seen from namespaces in which something is broken."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.functional.checks.namespace_machine import PROGRAM, NamespaceMachine

ARCHIVE = "http://127.0.0.1:8000/debian"


@pytest.fixture
def machine(tmp_path: Path) -> NamespaceMachine:
    return NamespaceMachine(tmp_path)


def test_an_archive_that_answers_is_no_finding(machine: NamespaceMachine) -> None:
    machine.mirror(ARCHIVE, "archive", "8000")
    answer = machine.check()
    assert answer.statuses["mirrors"] == answer.statuses["dns"] == "good"
    assert answer.statuses["leftovers"] == answer.statuses["cgroups"] == "good"
    assert not {"mirror-unreachable", "clock-wrong", "check-failed", "check-stalled"} & answer.found.keys()


def test_a_dead_mirror(machine: NamespaceMachine) -> None:
    machine.mirror(ARCHIVE)
    answer = machine.check()
    problem = answer.found["mirror-unreachable"]
    assert answer.code == 3 and problem["severity"] == "error"
    assert "127.0.0.1" in problem["what"] and "Connection refused" in problem["evidence"]


def test_a_mirror_that_never_answers_does_not_hold_us_up(machine: NamespaceMachine) -> None:
    machine.mirror(ARCHIVE, "silent", "8000")
    began = time.monotonic()
    answer = machine.check()
    assert time.monotonic() - began < 25
    assert answer.code == 3 and answer.found["mirror-unreachable"]["evidence"]


def test_dead_dns(machine: NamespaceMachine) -> None:
    machine.mirror("http://deb.example.test/debian")
    machine.write("/etc/resolv.conf", "nameserver 127.0.0.1\n")
    machine.serve("silent", "53")
    answer = machine.check()
    problem = answer.found["dns-dead"]
    assert answer.code == 3 and problem["severity"] == "error"
    assert "deb.example.test" in problem["evidence"] and "nameservers: 127.0.0.1" in problem["evidence"]


def test_a_name_that_nobody_knows(machine: NamespaceMachine) -> None:
    machine.mirror("http://deb.example.test/debian")
    machine.write("/etc/resolv.conf", "")
    machine.write("/etc/nsswitch.conf", "hosts: files\n")
    answer = machine.check()
    assert "deb.example.test" in answer.found["dns-unknown-name"]["evidence"]


def test_a_clock_that_is_hours_off(machine: NamespaceMachine) -> None:
    machine.mirror(ARCHIVE, "archive", "8000", "10800")
    answer = machine.check()
    problem = answer.found["clock-wrong"]
    assert answer.code == 3 and problem["what"] == "the clock is 3 hours slow"
    assert ARCHIVE in problem["evidence"]


def test_a_stolen_port_names_its_holder(machine: NamespaceMachine) -> None:
    machine.mirror(ARCHIVE, "archive", "8000")
    machine.serve("silent", "443")
    answer = machine.check("--role control")
    problem = answer.found["port-taken"]
    assert answer.code == 3 and problem["where"] == "127.0.0.1:443"
    assert "python" in problem["why"] and "servers.py" in problem["evidence"]


def test_a_compute_node_needs_no_ports(machine: NamespaceMachine) -> None:
    machine.mirror(ARCHIVE, "archive", "8000")
    machine.serve("silent", "443")
    answer = machine.check("--role compute")
    assert "port-taken" not in answer.found and "ports" not in answer.statuses


def test_a_taken_range_and_a_dead_proxy(machine: NamespaceMachine, tmp_path: Path) -> None:
    file = tmp_path / "cloud.yaml"
    file.write_text("schema: 1\nnetwork: {pods: 10.20.30.0/24}\n")
    machine.mirror(ARCHIVE, "archive", "8000")
    machine.write(
        "/etc/apt/apt.conf.d/proxy", 'Acquire::http::Proxy "http://user:pa55word@127.0.0.1:3128";\n'
    )
    machine.interface("wg0", "10.20.0.1/16")
    answer = machine.check(f"--manifest {file}")
    assert answer.found["range-taken"]["where"] == "10.20.0.0/16 on wg0"
    assert "http://127.0.0.1:3128" in answer.found["proxy-unreachable"]["what"]
    assert "pa55word" not in answer.stdout + answer.stderr


def test_a_range_that_nobody_asked_for_gives_way(machine: NamespaceMachine) -> None:
    machine.mirror(ARCHIVE, "archive", "8000")
    machine.interface("wg0", "10.20.0.1/16")
    assert "range-taken" not in machine.check().found


def test_a_half_configured_package(machine: NamespaceMachine) -> None:
    status = Path("/var/lib/dpkg/status").read_text()
    first = "Status: install ok installed"
    machine.mirror(ARCHIVE, "archive", "8000")
    machine.write("/var/lib/dpkg/status", status.replace(first, "Status: install ok half-configured", 1))
    problem = machine.check().found["packages-half-configured"]
    assert problem["fix"] == "configure-packages" and problem["next_command"] == "dpkg --configure -a"


def test_a_manifest_decides_what_is_wanted(machine: NamespaceMachine, tmp_path: Path) -> None:
    file = tmp_path / "cloud.yaml"
    file.write_text("schema: 1\nnetwork:\n  pods: 10.77.0.0/24\n  external: {interface: eth7}\n")
    machine.interface("wg0", "10.77.0.1/16")
    machine.mirror(ARCHIVE, "archive", "8000")
    answer = machine.check(f"--manifest {file}")
    assert answer.found["range-taken"]["where"] == "10.77.0.0/16 on wg0"
    assert answer.found["interface-missing"]["where"] == "network.external.interface: eth7"


def test_the_own_name_is_fixed_and_the_fix_undone(machine: NamespaceMachine) -> None:
    machine.mirror(ARCHIVE, "archive", "8000")
    machine.write("/etc/nsswitch.conf", "hosts: files\n")
    answer = machine.run(
        f"""{PROGRAM} check | grep lonely; echo ---
        {PROGRAM} check --fix --dry-run; grep -c lonely /etc/hosts; echo ---
        {PROGRAM} check --fix --output quiet; grep lonely /etc/hosts; echo ---
        {PROGRAM} undo --yes 1; grep -c lonely /etc/hosts"""
    )
    assert "own-leftovers" not in answer.stdout
    before, dry, fixed, undone = (part.strip() for part in answer.stdout.split("---\n"))
    assert "own name lonely does not resolve" in before and "sunbeam check --fix" in before
    assert "/etc/hosts" in dry and dry.endswith("\n0")
    assert fixed.endswith("127.0.1.1 lonely")
    assert [line.startswith("0 errors and ") for line in fixed.splitlines()] == [False, False, True, False]
    assert undone.endswith("\n0")


def test_changes_are_told_from_a_disk_that_can_only_be_read(machine: NamespaceMachine) -> None:
    machine.mirror(ARCHIVE, "archive", "8000")
    machine.write("/etc/nsswitch.conf", "hosts: files\n")
    answer = machine.run(
        f"""{PROGRAM} check --fix --output quiet > /dev/null; mount -o remount,bind,ro /var/lib/sunbeam
        {PROGRAM} changes; {PROGRAM} undo --yes 1"""
    )
    assert "Fix this machine" in answer.stdout
    assert "Read-only file system" in answer.stderr and "sudo" not in answer.stderr


def test_what_we_left_is_removed_and_a_disk_mounted_for_us_stays(machine: NamespaceMachine) -> None:
    machine.mirror(ARCHIVE, "archive", "8000")
    machine.interface("sunbeam0", "10.20.30.1/24")
    machine.setup.append("mkdir /var/lib/sunbeam/runtime")
    answer = machine.run(
        f"""{PROGRAM} check --quiet; echo ---
        {PROGRAM} check --fix --quiet; echo ---
        ls /var/lib/sunbeam; ls /sys/class/net; grep -c ' /var/lib/sunbeam ' /proc/mounts"""
    )
    before, fixed, after = answer.stdout.split("---\n")
    assert before.count("an earlier installation left things behind") == 1 and "\n1 error and" in before
    assert "\n0 errors and" in fixed
    assert "sunbeam0" not in after and "runtime" not in after
    assert "journal.db" in after and after.endswith("\n1\n")


def test_checks_leave_nothing_behind(machine: NamespaceMachine) -> None:
    machine.mirror(ARCHIVE, "archive", "8000")
    listing = f"find /etc /var/lib /run {machine.folder}/tmp -xdev | sort -T {machine.folder} >"
    machine.setup.append(f"{listing} {machine.folder}/before")
    answer = machine.run(f"{PROGRAM} check --format json; {listing} {machine.folder}/after")
    assert answer.found
    before, after = ((machine.folder / name).read_text() for name in ("before", "after"))
    assert before == after
