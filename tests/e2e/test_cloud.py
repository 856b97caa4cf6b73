"""The finished cloud, through the unmodified OpenStack client, plain HTTP and python-libjuju."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from sunbeam.core.paths import Paths
from sunbeam.juju.controller import Controller
from sunbeam.juju.credentials import Credentials
from sunbeam.juju.status import full_status
from tests.e2e.guest import floating_address, page_of
from tests.e2e.seeding import status, wait_until

Program = Callable[..., str]


def test_a_token_is_issued(openstack: Program) -> None:
    assert len(json.loads(openstack("token", "issue", "-f", "json"))["id"]) > 100


def test_the_guest_image_is_active(openstack: Program) -> None:
    images = json.loads(openstack("image", "list", "-f", "json"))
    assert {"guest": "active"}.items() <= {image["Name"]: image["Status"] for image in images}.items()


def test_network_agents_are_alive(openstack: Program) -> None:
    wanted = {"ovn-controller": True, "neutron-ovn-metadata-agent": True}
    # Neutron calls an agent dead until its first answer to a new count.
    wait_until(lambda: _alive(openstack) == wanted, "not every agent is alive")


def test_compute_services_are_up(openstack: Program) -> None:
    wanted = {"nova-conductor": "up", "nova-scheduler": "up", "nova-compute": "up"}

    def states() -> dict[str, str]:
        services = json.loads(openstack("compute", "service", "list", "-f", "json"))
        return {service["Binary"]: service["State"] for service in services}

    wait_until(lambda: states() == wanted, "not every service is up")


def test_public_addresses_answer_over_verified_tls(openstack: Program) -> None:
    trusted = ssl.create_default_context(cafile=Paths().etc / "ca.crt")
    catalog = json.loads(openstack("catalog", "list", "-f", "json"))
    public = {
        service["Name"]: endpoint["url"]
        for service in catalog
        for endpoint in service["Endpoints"]
        if endpoint["interface"] == "public"
    }
    assert {"keystone", "glance", "placement", "nova", "neutron"} <= public.keys()
    for url in public.values():
        wait_until(lambda: _answers(trusted, url), f"{url} does not answer")  # noqa: B023


def test_the_first_vm_runs(openstack: Program) -> None:
    servers = json.loads(openstack("server", "list", "--all-projects", "-f", "json"))
    assert ("first", "ACTIVE") in [(server["Name"], server["Status"]) for server in servers]


def test_the_vm_answers_http_on_its_floating_address(openstack: Program) -> None:
    assert page_of(floating_address(openstack)).startswith("hello from first")


def test_the_vm_answers_ping_on_its_floating_address(openstack: Program) -> None:
    assert ping(floating_address(openstack))


def test_a_snapshot_of_the_vm_becomes_an_image(openstack: Program) -> None:
    openstack("server", "image", "create", "--name", "snapshot", "--wait", "first", cloud="demo")
    try:
        image = json.loads(openstack("image", "show", "snapshot", "-f", "json", cloud="demo"))
        assert (image["status"], image["size"] > 0) == ("active", True)
    finally:
        openstack("image", "delete", "snapshot", cloud="demo")


def test_status_says_that_all_is_well() -> None:
    wait_until(lambda: "All is well." in status(), "the cloud is not well")
    wait_until(lambda: json.loads(status("--format", "json"))["ok"] is True, "the cloud is not well")


def test_bootstrap_again_changes_nothing(sunbeam: Program) -> None:
    sunbeam("cluster", "bootstrap", "-a")
    again = sunbeam("cluster", "bootstrap", "-a")
    assert again.count("nothing to change") == 2
    assert "no difference" in sunbeam("plans", "diff", "openstack")


async def test_libjuju_logs_in_with_the_juju_data_folder() -> None:
    async with Controller(Credentials.from_juju_data(Paths().juju_data)) as controller:
        status = await full_status(await controller.model("openstack"))
    assert {unit.workload.current for unit in status.units()} == {"active"}
    assert len(status.applications) == 12


def _answers(trusted: ssl.SSLContext, url: str) -> bool:
    """An API answers, were it only to ask for a token.  Raises URLError where TLS fails."""
    assert url.startswith("https://"), url
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusted)
    )
    try:
        with opener.open(url, timeout=60) as answer:
            return bool(answer.status < 400)
    except urllib.error.HTTPError as error:
        return error.code in (300, 401)
    except TimeoutError:
        return False


def _alive(openstack: Program) -> dict[str, bool]:
    agents = json.loads(openstack("network", "agent", "list", "-f", "json"))
    return {agent["Binary"]: agent["Alive"] for agent in agents}


def ping(address: str, tries: int = 5) -> bool:
    """ICMP echo (RFC 792); this machine may have no ping program."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as echo:
        echo.settimeout(2)
        for sequence in range(tries):
            header = struct.pack("!BBHHH", 8, 0, 0, 0x5B, sequence)
            echo.sendto(struct.pack("!BBHHH", 8, 0, _checksum(header), 0x5B, sequence), (address, 0))
            deadline = time.monotonic() + 2
            while time.monotonic() < deadline:
                try:
                    packet, (sender, _) = echo.recvfrom(1024)
                except TimeoutError:
                    break
                if sender == address and packet[20] == 0:
                    return True
    return False


def _checksum(data: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF
