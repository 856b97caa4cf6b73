"""A bundle is for root alone, holds no secret, and tells what it could not read."""

from __future__ import annotations

import asyncio
import json
import stat
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sunbeam.cluster.certificates import ClusterCertificates
from sunbeam.core.paths import Paths
from sunbeam.core.process import Completed
from sunbeam.doctor.bundle.archive import Collected, Collector, write_bundle
from sunbeam.doctor.bundle.collectors import COLLECTORS
from sunbeam.doctor.bundle.processes import processes
from sunbeam.doctor.bundle.secrets import Secrets
from sunbeam.doctor.look import Look, NotRead
from sunbeam.operators.entities import Application, Secret, SecretRevision
from sunbeam.operators.store import Store
from tests.fakes.clock import FakeClock
from tests.fakes.processes import FakeProcesses

KEY = bytes(range(32))


def node(root: Path) -> Paths:
    """The secrets of a node, and one of an operator."""
    paths = Paths(root)
    for folder in (paths.etc, paths.state / "secrets", paths.terraform):
        folder.mkdir(parents=True)
    (paths.state / "secrets/sealing.key").write_bytes(KEY)
    (paths.state / "secrets/admin-password").write_text("api-secret\n")
    (paths.etc / "clouds.yaml").write_text(
        "clouds: {sunbeam: {auth: {password: cloud/secret, username: admin}}}\n"
    )
    ClusterCertificates(paths.certificates).ensure("etcd")
    paths.engine.mkdir(parents=True)
    store = Store.open(paths.engine / "engine.db", KEY)
    content = {"password": "b3BlcmF0b3JzLXNlY3JldA==", "username": "bm92YQ=="}  # operators-secret, nova
    with store.transaction() as transaction:
        transaction.put(
            Secret(
                model_uuid="m", uri="secret:abc", owner="nova", revisions={1: SecretRevision(content=content)}
            )
        )
    store.close()
    return paths


def look_at(paths: Paths) -> Look:
    return Look(paths, FakeProcesses(), FakeClock())


def files_of(bundle: Path) -> dict[str, str]:
    with tarfile.open(bundle) as archive:
        return {
            member.name: stream.read().decode()
            for member in archive
            if (stream := archive.extractfile(member)) is not None
        }


async def write(paths: Paths, target: Path, *collectors: Collector) -> list[Collected]:
    return await write_bundle(target, look_at(paths), collectors, Secrets(paths), about={"host": "one"})


async def test_every_kind_of_secret_is_masked(tmp_path: Path) -> None:
    paths = node(tmp_path)
    key = (paths.certificates / "etcd.key").read_text()
    text = "\n".join(
        [
            "connection = mysql+pymysql://nova:operators-secret@db/nova",
            "url = rabbit://nova:not-known-here@mq",
            "auth cloud/secret cloud%2Fsecret api-secret",
            json.dumps({"admin_password": "never seen before", "name": "nova"}),
            "X-Auth-Token: gAAAAABm" + "x" * 60,
            "password = hunter2hunter2",
            key,
        ]
    )
    masked = Secrets(paths).mask(text)
    hidden = ("operators-secret", "not-known-here", "cloud/secret", "cloud%2Fsecret", "api-secret")
    for secret in (*hidden, "never seen", "gAAAA", "hunter2", *key.splitlines()[1:-1]):
        assert secret not in masked
    assert "mysql+pymysql://nova:********@db/nova" in masked
    assert '"name": "nova"' in masked


def test_what_references_in_options_of_charms_stand_for_is_masked(tmp_path: Path) -> None:
    """Also once it was resolved in the environment of a command that has ended."""
    paths = node(tmp_path)
    licence = tmp_path / "licence"
    licence.write_text("of-a-file\n")
    references = {"config": {"nova": {"licence": f"id:${{file:{licence}}}", "vendor": "${env:NOT_HERE}"}}}
    for name, text in {"openstack": json.dumps(references), "hypervisor": "{", "demo": ""}.items():
        (paths.terraform / name).mkdir()
        (paths.terraform / name / "references.json").write_text(text)
    store = Store.open(paths.engine / "engine.db", KEY)
    config = {"vendor": "of-the-environment", "debug": True, "region": "RegionOne"}
    with store.transaction() as transaction:
        transaction.put(Application(model_uuid="m", name="nova", charm_url="local:nova-0", config=config))
    store.close()
    secrets = Secrets(paths)
    assert secrets.complete
    masked = secrets.mask("id:of-a-file of-the-environment RegionOne")
    assert masked == "id:******** ******** RegionOne"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("tool --password X7hidden --verbose", "tool --password ******** --verbose"),
        ("tool --db-password='X7 hidden' -v", 'tool --db-password="********" -v'),
        ('["tool", "--password", "X7 hidden", "-v"]', '["tool", "--password", ********, "-v"]'),
        ("mysql -uroot -pX7hidden nova", "mysql -uroot -p******** nova"),
        ("sshpass -p X7hidden ssh host", "sshpass -p ******** ssh host"),
        ("curl -u admin:X7hidden http://host/", "curl -u admin:******** http://host/"),
        ("curl --user=admin:X7hidden http://host/", "curl --user=admin:******** http://host/"),
        ("tool --token X7hidden", "tool --token ********"),
        ("redis://:X7hidden@host:6379/0", "redis://:********@host:6379/0"),
        ("http://user:p@X7hidden@host/", "http://user:********@host/"),
        ("http://user:p/X7hidden@host/", "http://user:********@host/"),
        ("rabbit://a:X7hidden@one:5672,b:X7hidden@two:5672//", "rabbit://a:********@two:5672//"),
        ("rabbit://a@one:5672,b:X7hidden@two:5672//", "rabbit://a@one:********@two:5672//"),
        ("PASSWD=X7hidden", 'PASSWD="********"'),
        ("auth_pass: X7hidden", 'auth_pass: "********"'),
        ("apikey=X7hidden", 'apikey="********"'),
        ("{'password': 'X7 hidden', 'name': 'nova'}", "{'password': \"********\", 'name': 'nova'}"),
    ],
)
def test_what_looks_like_a_secret_is_masked(tmp_path: Path, text: str, masked: str) -> None:
    assert Secrets(Paths(tmp_path)).mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "podman run --user=0:0 --publish 80:80",
        "the admin-password is wrong",
        "-A INPUT -p tcp -m tcp --dport 22",
        "http://192.0.2.7:5000/v3 answered 200",
        "bypass=1",
    ],
)
def test_what_is_no_secret_stays(tmp_path: Path, text: str) -> None:
    assert Secrets(Paths(tmp_path)).mask(text) == text


def test_only_our_own_programs_are_shown_with_arguments(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    (paths.run / "pids").mkdir(parents=True)
    (paths.run / "pids/nova-0.pid").write_text("20\n")

    def starts(pid: int, parent: int, name: str, *argv: str) -> None:
        folder = tmp_path / f"proc/{pid}"
        folder.mkdir(parents=True)
        (folder / "status").write_text(f"Name:\t{name}\nPPid:\t{parent}\nVmRSS:\t    12 kB\n")
        (folder / "cmdline").write_text("".join(f"{word}\0" for word in argv))

    starts(2, 0, "kthreadd")
    starts(9, 1, "backup", "/opt/backup", "X7hidden")
    starts(10, 1, "python3", "/usr/bin/python3", "-m", "sunbeam.cluster.daemon")
    starts(11, 10, "podman", "podman", "run", "nova")
    starts(12, 1, "etcd", str(paths.bin / "etcd"), "--name", "one")
    starts(13, 1, "sunbeam", "/srv/bin/python", "/srv/bin/sunbeam", "web")
    starts(20, 9, "pebble", "/charm/bin/pebble", "run")
    starts(21, 20, "nova-compute", "/usr/bin/nova-compute", "--config-file", "nova.conf")
    starts(100, 9, "sh", "sh", "-c", "X7hidden")
    assert [each.line.split(maxsplit=3)[3] for each in processes(paths)] == [
        "backup",
        "/usr/bin/python3 -m sunbeam.cluster.daemon",
        "podman run nova",
        f"{paths.bin}/etcd --name one",
        "/srv/bin/python /srv/bin/sunbeam web",
        "/charm/bin/pebble run",
        "/usr/bin/nova-compute --config-file nova.conf",
        "sh",
    ]


async def test_a_bundle_is_for_root_alone_and_has_an_index(tmp_path: Path) -> None:
    async def good(look: Look) -> AsyncIterator[tuple[str, str]]:
        yield "a.txt", "operators-secret is here"

    async def fails(look: Look) -> AsyncIterator[tuple[str, str]]:
        yield "first.txt", "kept"
        raise NotRead("podman does not answer")

    async def stalls(look: Look) -> AsyncIterator[tuple[str, str]]:
        await asyncio.sleep(60)
        yield "never.txt", ""

    target = tmp_path / "bundle.tar.gz"
    collectors = (
        Collector("good", "Good", good),
        Collector("fails", "Fails", fails),
        Collector("stalls", "Stalls", stalls, seconds=0.05),
    )
    collected = await write(node(tmp_path / "node"), target, *collectors)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    files = files_of(target)
    assert files["bundle/good/a.txt"] == "******** is here"
    assert files["bundle/fails/first.txt"] == "kept"
    index = json.loads(files["bundle/index.json"])
    assert (index["host"], index["masking"]) == ("one", "complete")
    problems = {each["name"]: each["problem"] for each in index["collectors"]}
    assert problems == {"good": "", "fails": "podman does not answer", "stalls": "cut off after 0.05 s"}
    assert [each.files for each in collected] == [1, 1, 0]
    assert list(tmp_path.glob("*.part")) == []


async def test_what_stands_where_a_bundle_is_written_is_neither_followed_nor_kept(tmp_path: Path) -> None:
    target, part, elsewhere = (tmp_path / name for name in ("b.tar.gz", "b.tar.gz.part", "elsewhere"))
    elsewhere.write_text("precious")
    part.symlink_to(elsewhere)
    await write(node(tmp_path / "node"), target)
    assert elsewhere.read_text() == "precious" and not target.is_symlink()
    part.touch(0o644)
    await write(Paths(tmp_path / "node"), target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600 and not part.exists()


async def test_what_may_hold_secrets_is_left_out_if_not_all_are_known(tmp_path: Path) -> None:
    async def config(look: Look) -> AsyncIterator[tuple[str, str]]:
        yield "nova.conf", "x = y"

    paths = node(tmp_path / "node")
    (paths.state / "secrets/sealing.key").write_bytes(bytes(32))
    target = tmp_path / "bundle.tar.gz"
    (collected,) = await write(paths, target, Collector("config", "Config", config, may_hold_secrets=True))
    assert collected.problem.startswith("left out: the operators' secrets cannot be opened")
    assert list(files_of(target)) == ["bundle/index.json"]


async def test_a_machine_without_anything_gives_a_bundle(tmp_path: Path) -> None:
    """Every collector of programs meets one that is not there."""

    class NoPrograms(FakeProcesses):
        async def run(self, *arguments: Any, **options: Any) -> Completed:
            raise FileNotFoundError(2, "No such file or directory")

    paths = Paths(tmp_path / "node")
    target = tmp_path / "bundle.tar.gz"
    look = Look(paths, NoPrograms(), FakeClock())
    collected = await write_bundle(target, look, COLLECTORS, Secrets(paths), about={})
    assert {each.name for each in collected} == {each.name for each in COLLECTORS}
    assert {each.name: each.problem for each in collected if "Error:" in each.problem} == {}
    assert "bundle/index.json" in files_of(target)
