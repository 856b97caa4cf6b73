from ipaddress import IPv4Network
from pathlib import Path

import pytest

from sunbeam.substrates.embedded import hosts_file
from sunbeam.substrates.embedded.directory import AddressesExhausted, Directory, Entry

RANGE = IPv4Network("10.20.30.0/24")


def unit(name: str, *ports: int) -> Entry:
    return Entry("openstack", unit=name, exposed=ports)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "directory.json"


@pytest.fixture
def directory(file: Path) -> Directory:
    return Directory(RANGE, file)


def test_addresses_start_at_the_tenth_host(directory: Directory) -> None:
    assert [directory.put(key, unit(f"{key}/0")) for key in "abc"] == [
        "10.20.30.10",
        "10.20.30.11",
        "10.20.30.12",
    ]


def test_an_address_stays_over_changes_and_restarts(directory: Directory, file: Path) -> None:
    directory.put("a", unit("a/0"))
    kept = directory.put("b", unit("b/0"))
    directory.remove("a")
    again = Directory(RANGE, file)
    assert again.put("b", unit("b/0", 443)) == kept
    assert again.put("c", unit("c/0")) == "10.20.30.10"


def test_another_range_gives_other_addresses(directory: Directory, file: Path) -> None:
    directory.put("a", unit("a/0"))
    assert Directory(IPv4Network("10.9.0.0/24"), file).put("a", unit("a/0")) == "10.9.0.10"


def test_a_full_range_is_said(file: Path) -> None:
    directory = Directory(IPv4Network("10.20.30.0/28"), file)
    for number in range(5):
        directory.put(str(number), unit(f"a/{number}"))
    with pytest.raises(AddressesExhausted, match=r"10\.20\.30\.0/28"):
        directory.put("one more", unit("a/5"))


def test_the_first_pod_has_an_exposed_port(directory: Directory) -> None:
    directory.put("ingress-1", unit("ingress/1", 443))
    directory.put("ingress-0", unit("ingress/0", 443, 80))
    assert directory.exposed() == {443: "10.20.30.11", 80: "10.20.30.11"}


def test_names() -> None:
    entries = [
        Entry("openstack", unit="web/10", address="10.20.30.12"),
        Entry("openstack", unit="web/9", address="10.20.30.11"),
        Entry("machines", hostname="machines-0", address="10.20.30.13"),
    ]
    assert hosts_file.render(entries).splitlines() == [
        "127.0.0.1 localhost",
        "::1 localhost ip6-localhost ip6-loopback",
        "10.20.30.13 machines-0",
        "10.20.30.11 web-9.web-endpoints.openstack.svc.cluster.local web-9"
        " web.openstack.svc.cluster.local web-endpoints.openstack.svc.cluster.local",
        "10.20.30.12 web-10.web-endpoints.openstack.svc.cluster.local web-10",
    ]


def test_the_hosts_file_keeps_its_inode(tmp_path: Path) -> None:
    file = tmp_path / "below" / "hosts"
    hosts_file.write(file, "a long first text\n")
    inode = file.stat().st_ino
    hosts_file.write(file, "short\n")
    assert (file.read_text(), file.stat().st_ino) == ("short\n", inode)
