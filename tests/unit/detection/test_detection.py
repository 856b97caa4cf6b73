from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from sunbeam.core.detection.detected import Detected, detect, resolvers
from sunbeam.core.detection.interfaces import Interface
from sunbeam.core.detection.proxies import FoundProxy, found_proxy
from sunbeam.core.detection.time_state import TimeState, kernel_clock, time_state
from tests.unit.detection.recorded import folder, machine


def look(root: Path, environ: Mapping[str, str] | None = None, **replaced: Any) -> Detected:
    return asyncio.run(
        detect(machine(**replaced), folder(root), environ or {}, lambda: (True, 0.001), lambda name: True)
    )


def test_interfaces_come_with_what_a_person_chooses_by(tmp_path: Path) -> None:
    found = look(tmp_path).interfaces
    assert [each.name for each in found] == ["eno1", "sunbeam0", "sb17042d1372", "bond0.7", "eno2"]
    assert found[0] == Interface(
        "eno1", "physical", "52:54:00:00:00:01", True, 10000, 1400, ("192.0.2.2/24", "fd00::2/64"), True
    )
    eno2 = found[-1]
    assert (eno2.carrier, eno2.speed, eno2.mtu, eno2.addresses) == (False, 0, 9000, ())


def test_what_leads_outside_is_no_bridge_and_no_port_of_one(tmp_path: Path) -> None:
    assert [each.name for each in look(tmp_path).interfaces if each.leads_outside] == [
        "eno1",
        "bond0.7",
        "eno2",
    ]


def test_a_wireless_interface_leads_outside_for_this_machine_only(tmp_path: Path) -> None:
    (tmp_path / "sys/class/net/eno2/wireless").mkdir(parents=True)
    eno2 = look(tmp_path).interface("eno2")
    assert eno2 is not None and (eno2.kind, eno2.leads_outside) == ("wireless", False)


def test_a_default_route_of_ipv6_alone_counts(tmp_path: Path) -> None:
    found = look(tmp_path, routes=[], routes6=[{"dst": "default", "dev": "eno2"}])
    assert [each.name for each in found.interfaces if each.default_route] == ["eno2"]
    assert found.address == "127.0.0.1"


def test_each_of_several_ways_outside_counts(tmp_path: Path) -> None:
    both = {"dst": "default", "nexthops": [{"dev": "eno1"}, {"dev": "eno2"}]}
    found = look(tmp_path, routes=[both])
    assert [each.name for each in found.interfaces if each.default_route] == ["eno1", "eno2"]


def test_disks_say_what_is_on_them(tmp_path: Path) -> None:
    found = {each.path: each for each in look(tmp_path).disks}
    assert {path: each.contents for path, each in found.items()} == {
        "/dev/nvme0n1": "in use: /, /boot/efi",
        "/dev/sda": "",
        "/dev/sdb": "2 partitions (ntfs, swap)",
        "/dev/sdc": "LVM",
        "/dev/sdd": "ext4",
        "/dev/sde": "an empty partition table",
        "/dev/sdf": "in use: raid1",
    }
    assert [path for path, each in found.items() if each.free] == ["/dev/sda"]
    assert found["/dev/sda"].model == "ST1000NM0008"


def test_the_rest_of_the_machine(tmp_path: Path) -> None:
    found = look(tmp_path)
    assert (found.host_name, found.system) == ("rack7", "Debian GNU/Linux 13 (trixie)")
    assert (found.memory, found.kvm) == (32768000 * 1024, "works")
    assert found.time == TimeState(True, 0.001, "chronyd")
    assert found.resolvers == ("192.0.2.53", "192.0.2.54")
    assert found.address == "192.0.2.2"
    assert found.cores >= 1 and found.disk_free > 0
    assert found.missing == ()


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ("works", "KVM"),
        ("fails", "no KVM: VMs are slow"),
        ("absent", "no KVM: VMs are slow"),
        ("unknown", "KVM not tried"),
    ],
)
def test_kvm_counts_once_a_guest_has_run(tmp_path: Path, state: str, text: str) -> None:
    assert look(tmp_path, kvm=state).kvm_text == text


def test_missing_programs_are_named_and_leave_their_facts_empty(tmp_path: Path) -> None:
    processes = machine(addresses=FileNotFoundError("ip"), routes=FileNotFoundError("ip"),
                        routes6=FileNotFoundError("ip"), disks=FileNotFoundError("lsblk"))  # fmt: skip
    root = folder(tmp_path)
    found = asyncio.run(detect(processes, root, {}, lambda: (False, 16.0), lambda name: False))
    assert found.missing == ("ip", "lsblk")
    assert (found.interfaces, found.disks, found.address) == ((), (), "127.0.0.1")
    assert not found.time.synchronised


def test_a_range_that_a_route_has_gives_way_to_a_free_one(tmp_path: Path) -> None:
    found = look(tmp_path)
    taken, own = IPv4Network("172.24.4.0/24"), IPv4Network("10.20.30.0/24")
    assert found.in_use(taken) == "172.24.0.0/16 on eno1"
    assert found.free_range(taken) == IPv4Network("10.77.0.0/24")
    assert found.free_range(own) == own


def test_a_range_that_holds_a_resolver_gives_way_too(tmp_path: Path) -> None:
    found = replace(look(tmp_path), resolvers=("10.20.30.53", "10.77.0.53", "fd00::53"))
    assert found.free_range(IPv4Network("10.20.30.0/24")) == IPv4Network("10.77.1.0/24")


def test_resolvers_are_addresses(tmp_path: Path) -> None:
    file = tmp_path / "etc/resolv.conf"
    file.parent.mkdir()
    file.write_text("nameserver 192.0.2.53\nnameserver resolver.example.org\nnameserver fe80::1%eth0\n")
    assert resolvers(tmp_path) == ("192.0.2.53", "fe80::1%eth0")


def test_behind_systemd_resolved_are_the_resolvers_that_it_asks(tmp_path: Path) -> None:
    stub, upstream = tmp_path / "etc/resolv.conf", tmp_path / "run/systemd/resolve/resolv.conf"
    stub.parent.mkdir()
    stub.write_text("nameserver 127.0.0.53\noptions edns0 trust-ad\n")
    assert resolvers(tmp_path) == ("127.0.0.53",)
    upstream.parent.mkdir(parents=True)
    upstream.write_text("nameserver 192.0.2.53\nnameserver fd00::53\nnameserver 192.0.2.53\n")
    assert resolvers(tmp_path) == ("192.0.2.53", "fd00::53")
    stub.write_text("nameserver 127.0.0.1\n")
    assert resolvers(tmp_path) == ("127.0.0.1",)


@pytest.mark.parametrize(
    "environ, expected",
    [
        ({}, FoundProxy(https="http://proxy.example.org:3128")),
        (
            {"http_proxy": "http://p:1", "NO_PROXY": "a,b"},
            FoundProxy("http://p:1", "http://proxy.example.org:3128", "a,b"),
        ),
        ({"https_proxy": "http://me:secret@p:1"}, FoundProxy(https="${env:https_proxy}")),
        ({"https_proxy": "p.corp:3128"}, FoundProxy(https="http://p.corp:3128")),
        ({"https_proxy": "http://p:99999"}, FoundProxy()),
        ({"https_proxy": "me:secret@p:1"}, FoundProxy()),
    ],
)  # fmt: skip
def test_proxies_are_found_and_their_passwords_stay_where_they_are(
    tmp_path: Path, environ: dict[str, str], expected: FoundProxy
) -> None:
    assert found_proxy(environ, folder(tmp_path)) == expected


def test_a_password_in_the_file_of_everybody_is_not_repeated(tmp_path: Path) -> None:
    folder(tmp_path)
    (tmp_path / "etc/environment").write_text("https_proxy=http://me:secret@p:1\n")
    assert not found_proxy({}, tmp_path)


def test_an_installed_time_service_is_known_when_it_does_not_run(tmp_path: Path) -> None:
    unit = tmp_path / "usr/lib/systemd/system/chrony.service"
    unit.parent.mkdir(parents=True)
    unit.touch()
    assert time_state(tmp_path, lambda: (False, 1.0)) == TimeState(False, 1.0, "", "chrony")


def test_the_kernel_tells_of_its_clock() -> None:
    synchronised, error = kernel_clock()
    assert isinstance(synchronised, bool)
    assert 0 <= error < 3600
