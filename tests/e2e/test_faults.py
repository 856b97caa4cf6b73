"""Faults of a real cloud: doctor names the cause of each, and the cloud is well when it is taken out."""

from __future__ import annotations

import asyncio
import json
import stat
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.lock import holder
from sunbeam.juju.controller import Controller
from sunbeam.juju.credentials import Credentials
from tests.e2e import faults_of_containers as containers
from tests.e2e import faults_of_nodes as nodes
from tests.e2e.secrets_of_cloud import secrets_of_cloud
from tests.e2e.seeding import PATHS, changed, sunbeam, wait_until

SECONDS = 180
STORAGE = PATHS.state / "containers/storage.conf"
Seeded = Callable[[Path], AbstractContextManager[None]]


def garbled(path: Path, content: str) -> Seeded:
    return lambda scratch: changed(path, content)


@contextmanager
def open_to_all(scratch: Path) -> Iterator[None]:
    file = PATHS.etc / "openrc"
    file.chmod(0o644)
    try:
        yield
    finally:
        file.chmod(0o600)


def other_address(scratch: Path) -> AbstractContextManager[None]:
    file = NodeSettings.file(PATHS)
    return changed(file, file.read_text().replace(NodeSettings.read(PATHS).address, "192.0.2.77"))


def altered_hosts(scratch: Path) -> AbstractContextManager[None]:
    file = PATHS.state / "runtime/hosts"
    return changed(file, file.read_text().replace("mariadb", "marydb"))


def wrong_password(scratch: Path) -> AbstractContextManager[None]:
    file = PATHS.etc / "clouds.yaml"
    lines = [
        line if "password:" not in line else "      password: another-one"
        for line in file.read_text().splitlines()
    ]
    return changed(file, "\n".join(lines) + "\n")


FAULTS: dict[str, tuple[str, str, Seeded]] = {
    "charm exception": ("hook-fails", "seeded fault", lambda _: containers.charm_exception()),
    "image build failure": (
        "image-build-failed", "no-such-package", lambda _: containers.image_build_failure(),
    ),
    "port stolen": ("port-stolen", ":17070", lambda _: nodes.stolen_port(17070)),
    "disk full": (
        "disk-full", "/etcd", lambda _: nodes.small_disk(PATHS.state / "etcd", "size=200m", "etcd"),
    ),
    "inodes used up": (
        "inodes-used-up", "inodes are free",
        lambda _: nodes.small_disk(PATHS.charms, "size=900m,nr_inodes=64"),
    ),
    "clock wrong": ("clock-wrong", "by the clock", lambda _: nodes.wrong_clock()),
    "DNS dead": ("dns-dead", "127.0.0.9", nodes.dead_names),
    "mirror dead": ("mirror-dead", "127.0.0.1:9", lambda _: nodes.other_mirror("http://127.0.0.1:9/debian")),
    "lock held": ("lock-held", "time.sleep", lambda _: nodes.held_lock()),
    "Terraform lock left": ("terraform-locked", "somebody", lambda _: nodes.locked_state()),
    "certificate revoked": ("certificate-wrong", "issuer", nodes.foreign_certificate),
    "etcd stopped": ("etcd-down", "etcd does not run", lambda _: nodes.stopped_program("etcd")),
    "sunbeamd stopped": ("sunbeamd-down", "does not run", lambda _: nodes.stopped_program("sunbeamd")),
    "image missing": ("image-missing", "memcached", lambda _: containers.missing_image()),
    "change interrupted": ("change-unfinished", "was interrupted", lambda _: nodes.interrupted_change()),
    "nova-compute down": (
        "service-down", "nova-compute of hypervisor/0",
        lambda _: containers.stopped_service("machine-0", "nova-compute"),
    ),
    "libvirt down": (
        "service-down", "libvirtd of hypervisor/0",
        lambda _: containers.stopped_service("machine-0", "libvirtd"),
    ),
    "ingress down": (
        "service-down", "haproxy of ingress/0", lambda _: containers.stopped_service("ingress/0", "haproxy"),
    ),
    "MariaDB out of connections": (
        "mariadb-connections", "connections",
        lambda _: containers.sql("SET GLOBAL max_connections = 10", "SET GLOBAL max_connections = 1000"),
    ),
    "MariaDB read-only": (
        "mariadb-read-only", "read_only",
        lambda _: containers.sql("SET GLOBAL read_only = ON", "SET GLOBAL read_only = OFF"),
    ),
    "RabbitMQ alarm": ("rabbitmq-alarm", "alarm", lambda _: containers.rabbitmq_out_of_memory()),
    "packet rules flushed": ("firewall-flushed", "nftables", lambda _: nodes.firewall_flushed()),
    "forwarding dropped": ("forward-dropped", "DROP", lambda _: nodes.dropped_forwarding()),
    "forwarding off": ("forwarding-off", "ip_forward = 0", lambda _: nodes.no_forwarding()),
    "bridge without address": ("bridge-gone", "no address", lambda _: nodes.lost_bridge_address()),
    "hosts file altered": ("hosts-altered", "mariadb", altered_hosts),
    "address changed": ("address-changed", "192.0.2.77", other_address),
    "settings damaged": ("settings-damaged", "node.json", garbled(NodeSettings.file(PATHS), "{")),
    "podman broken": (
        "podman-broken", "podman ended with", garbled(STORAGE, "[storage]\ndriver = 'no'\n")),
    "secrets readable": ("secrets-readable", "-rw-r--r--", open_to_all),
    "password wrong": ("credentials-refused", "401", wrong_password),
    "crash loop": ("container-down", "starts", lambda _: containers.crash_loop()),
    "OOM-killed service": ("oom-killed", "oom", lambda _: containers.out_of_memory()),
}  # fmt: skip
"""Name -> id of the rule that finds it, a word of its cause or evidence, how it is seeded."""

OF_THE_MACHINE = ("oom-killed", "kvm-unused", "disk-slow")
"""What doctor may say of a cloud that is well: what the kernel did stays in its log."""


@pytest.fixture(scope="module", autouse=True)
def no_update_status() -> Iterator[None]:
    """A charm's update-status hook starts what a fault has stopped."""
    key = "update-status-hook-interval"

    async def change(values: dict[str, str], unset: list[str]) -> None:
        async with Controller(Credentials.from_juju_data(PATHS.juju_data)) as controller:
            for summary in await controller.models():
                await (await controller.model(summary.uuid)).set_config(values, unset)

    asyncio.run(change({key: "24h"}, []))
    yield
    asyncio.run(change({}, [key]))


@pytest.mark.parametrize("name", FAULTS)
def test_doctor_names_the_cause(name: str, tmp_path: Path) -> None:
    rule, word, seeded = FAULTS[name]
    wait_until(lambda: holder(PATHS.change_lock) is None, "another change is under way", 300)
    with seeded(tmp_path):
        assert named_as_cause(rule, word)["remedy"]
        is_in_the_bundle(rule, tmp_path)


def test_the_cloud_is_well_again() -> None:
    def wrong() -> list[Any]:
        found = [each for each in doctor()["findings"] if each["id"] not in OF_THE_MACHINE]
        status = sunbeam("cluster", "status")
        return found if status.returncode == 0 else [*found, status.stdout]

    deadline = time.monotonic() + 300
    while (left := wrong()) and time.monotonic() < deadline:
        time.sleep(2)
    assert left == []


def named_as_cause(rule: str, word: str) -> dict[str, Any]:
    """The finding of that rule which says ``word``, as a cause of its own, as soon as it is seen."""
    deadline = time.monotonic() + SECONDS
    while True:
        report = doctor()
        for finding in report["findings"]:
            if finding["id"] == rule and word in finding["cause"] + finding["evidence"]:
                return dict(finding)
        assert time.monotonic() < deadline, json.dumps(report, indent=1)
        time.sleep(1)


def doctor() -> dict[str, Any]:
    done = sunbeam("doctor", "--format", "json")
    assert done.returncode in (0, 1), done.stderr
    return dict(json.loads(done.stdout))


def is_in_the_bundle(rule: str, scratch: Path) -> None:
    """The bundle holds the cause, and no secret of this cloud."""
    file = scratch / "bundle.tar.gz"
    done = sunbeam("support-bundle", str(file))
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with tarfile.open(file) as archive:
        texts = {
            member.name.partition("/")[2]: stream.read().decode(errors="replace")
            for member in archive
            if (stream := archive.extractfile(member)) is not None
        }
    assert f'"id": "{rule}"' in texts["doctor/doctor.json"]
    assert "collectors" in json.loads(texts["index.json"])
    secrets = secrets_of_cloud(PATHS)
    leaks = [(kind, name) for name, text in texts.items() for kind, value in secrets if value in text]
    assert leaks == []
    assert len(secrets) > 30
