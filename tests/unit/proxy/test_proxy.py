from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from sunbeam.cluster.answers import manifest_file
from sunbeam.cluster.certificates import ClusterCertificates
from sunbeam.cluster.manifests import versions
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.clock import SystemClock
from sunbeam.core.errors import PreflightFailed, SunbeamError
from sunbeam.core.host import Host
from sunbeam.core.journal import Journal
from sunbeam.core.manifest.model import Manifest
from sunbeam.core.node import Node
from sunbeam.core.paths import Paths
from sunbeam.core.process import SystemProcesses
from sunbeam.core.proxy import Proxy, program_environment, proxy_file, proxy_url, without_passwords
from sunbeam.core.redaction import Redactor
from sunbeam.core.task import Context
from sunbeam.operators.juju_data import write_juju_data
from sunbeam.operators.operations.controller import Controller
from sunbeam.tasks.manifest import WriteManifest
from sunbeam.tasks.proxy import ChangeManifest, ShowModels, WriteProxy, change_proxy, own_places
from tests.fakes.store import MemoryStore
from tests.touches import previewed_and_done
from tests.unit.core.bench import Workbench

SETTINGS = NodeSettings("node-1", "192.0.2.7")
NONE = {"http": "", "https": "", "no_proxy": ""}
URL = "http://ann:p%40ss-word@proxy.example.org:3128"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    paths, clock = Paths(tmp_path), SystemClock()
    journal = Journal(paths.journal)
    host = Host(SystemProcesses(), journal, paths, clock, Redactor())
    yield Context(host, paths, clock, print)
    journal.close()


def test_programs_read_the_small_name_first() -> None:
    environ = {"HTTP_PROXY": "http://large:1", "http_proxy": "http://small:1", "HTTPS_PROXY": "http://tls:1"}
    proxy = Proxy.of_environment(environ)
    assert (proxy.http, proxy.https, proxy.no_proxy) == ("http://small:1", "http://tls:1", "")
    assert not Proxy.of_environment({"no_proxy": "example.org"})
    assert Proxy.of_environment({"http_proxy": "ann:secret@p:1"}).http == "http://ann:secret@p:1"
    assert not Proxy.of_environment({"http_proxy": "http://p:99999", "https_proxy": "socks5://p:1"})


@pytest.mark.parametrize(
    "url",
    [
        "http://p",
        "http://p:1/",
        "https://p.example.org.:65535",
        "http://[::1]:3128",
        "http://192.0.2.1:03128",
        "http://p_q:1",
    ],
)
def test_urls_of_proxies(url: str) -> None:
    assert proxy_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "", "http://", "http://:1", "http://p:", "http://p:0", "http://p:65536", "http://p:1?x",
        "http://[::1", "http://p-:1", "http://p..q", "p:1/x", "ftp://p:1",
    ],
)  # fmt: skip
def test_what_is_no_url_of_a_proxy(url: str) -> None:
    assert proxy_url(url) == ""


def test_what_is_our_own_is_never_asked_of_a_proxy() -> None:
    proxy = Proxy("http://p:1", "", "example.org, localhost").bypassing(own_places(SETTINGS))
    assert proxy.no_proxy.split(",") == [
        "example.org", "localhost", "127.0.0.0/8", "::1", ".svc.cluster.local",
        "node-1", "192.0.2.7", "10.20.30.0/24", "172.24.4.0/24",
    ]  # fmt: skip
    assert proxy.environment["NO_PROXY"] == proxy.environment["no_proxy"] == proxy.no_proxy
    assert proxy.environment["https_proxy"] == "", "an inherited one is taken away"


def test_passwords_are_hidden_and_known() -> None:
    proxy = Proxy(URL, "http://bob@proxy.example.org:3128")
    assert proxy.shown().http == "http://ann:********@proxy.example.org:3128"
    assert proxy.shown().https == proxy.https
    assert proxy.secrets == ["p%40ss-word", "p@ss-word"]
    assert Proxy("u:pass@p:3128", "http://u:pa/ss@p").secrets == ["pass", "pa/ss"]
    assert Proxy("http://p:3128", "http://[::1]:3128/").secrets == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://a:b@c:1/", "http://a:********@c:1/"),
        ("http://a:b@c, https://d:e@f/x@y", "********@y"),
        ("http://a:b@c d@e", "********@e"),
        ("u:pass@p:3128", "********@p:3128"),
        ("http://u:pa/ss@p", "********@p"),
        ("http://u:p@ss@p", "********@p"),
        ("http://:b@c", "http://:********@c"),
        ("http://host:3128", "http://host:3128"),
        ("http://[::1]:3128", "http://[::1]:3128"),
    ],
)
def test_passwords_are_hidden_in_whatever_was_typed(text: str, shown: str) -> None:
    assert without_passwords(text) == shown


async def test_a_resolved_password_is_in_no_file_that_others_read(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_PROXY", URL)
    task = WriteProxy({**NONE, "http": "${env:SECRET_PROXY}"}, SETTINGS)
    assert not await task.is_done(context)
    await task.act(context)
    file = proxy_file(context.paths)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert json.loads(file.read_text())["said"]["http"] == "${env:SECRET_PROXY}"
    assert program_environment(context.paths)["http_proxy"] == URL
    assert all("ss-word" not in mutation.target for mutation in context.host.performed)
    others = [path for path in tmp_path.rglob("*") if path.is_file() and path != file]
    assert others and all(b"ss-word" not in path.read_bytes() for path in others)

    monkeypatch.delenv("SECRET_PROXY")
    assert await task.is_done(context), "what it stood for still counts"
    with pytest.raises(SunbeamError, match="reference"):
        await WriteProxy({**NONE, "http": "${env:OTHER}"}, SETTINGS, before=NONE).is_done(context)


async def test_the_newest_manifest_is_the_one_in_force_after_an_undo_too(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MemoryStore()
    monkeypatch.setattr("sunbeam.tasks.manifest.etcd_store", lambda paths, settings: store)
    NodeSettings.file(context.paths).parent.mkdir(parents=True)
    NodeSettings.file(context.paths).write_text(SETTINGS.dump())
    former = Manifest()
    changed = Manifest.model_validate({"proxy": {**NONE, "http": "http://p:3128"}})
    await WriteManifest(former).act(context)
    task = ChangeManifest(changed, former)
    await task.act(context)
    assert (await task.foresee_undo(context)).changes
    for _ in range(2):
        await task.undo(context)
    assert not (await task.foresee_undo(context)).changes
    said = [each.manifest["proxy"]["http"] for each in await versions(store)]
    assert said == ["", "http://p:3128", ""]


@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"other": 1}'])
@pytest.mark.parametrize("http", ["", "http://p:3128"])
async def test_a_damaged_proxy_is_written_anew_or_cleared(context: Context, damaged: str, http: str) -> None:
    file = proxy_file(context.paths)
    file.parent.mkdir(parents=True)
    file.write_text(damaged)
    with pytest.raises(SunbeamError) as told:
        program_environment(context.paths)
    assert (told.value.id, told.value.next_command) == ("proxy-damaged", "sunbeam proxy clear")
    task = WriteProxy({**NONE, "http": http}, SETTINGS, before=NONE)
    assert not await task.is_done(context)
    await task.act(context)
    assert await task.is_done(context)
    assert program_environment(context.paths).get("http_proxy", "") == http


@pytest.mark.parametrize("url", ["u:pa55word@p:3128", "http://u:pa55/word@p", "p:3128"])
async def test_what_a_reference_stands_for_must_be_a_url(
    context: Context, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("SECRET_PROXY", url)
    task = WriteProxy({**NONE, "https": "${env:SECRET_PROXY}"}, SETTINGS, before=NONE)
    with pytest.raises(SunbeamError, match="no URL") as wrong:
        await task.act(context)
    assert wrong.value.id == "proxy-no-url" and url not in str(wrong.value)
    assert "proxy.https: ${env:SECRET_PROXY}" in wrong.value.where
    assert Proxy.kept(context.paths) is None


async def test_without_a_word_in_the_manifest_the_environment_counts_once(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.org:3128")
    bootstrap = WriteProxy(NONE, SETTINGS)
    await bootstrap.act(context)
    monkeypatch.delenv("HTTPS_PROXY")
    kept = Proxy.kept(context.paths)
    assert kept is not None and kept.https == "http://proxy.example.org:3128"
    assert await bootstrap.is_done(context)

    clearing = WriteProxy(NONE, SETTINGS, before={**NONE, "https": "http://proxy.example.org:3128"})
    assert not await clearing.is_done(context)
    await clearing.act(context)
    assert Proxy.kept(context.paths) is None and program_environment(context.paths) == {}
    assert await clearing.is_done(context) and await bootstrap.is_done(context)
    await clearing.undo(context)
    assert Proxy.kept(context.paths) == kept


@pytest.mark.parametrize("verb", ["write", "remove"])
async def test_a_dry_run_of_a_change_of_the_proxy_lists_what_is_written_then(
    tmp_path: Path, verb: str
) -> None:
    dry, real = Workbench(tmp_path, dry_run=True), Workbench(tmp_path)
    node = Node(real.paths, real.processes)
    before = {**NONE, "https": "http://p:3128"}
    real.host.write_file(NodeSettings.file(node.paths), SETTINGS.dump())
    real.host.write_file(proxy_file(node.paths), Proxy(https="http://p:3128").dump(), 0o600)
    async with await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1") as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        said = {**NONE, "http": url} if verb == "write" else NONE
        listed = await previewed_and_done(dry, real, change_proxy(node, said, before))
    assert listed == {(verb, str(proxy_file(node.paths))), ("write", str(manifest_file(node.paths)))}


async def test_programs_get_what_is_kept_when_they_start(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes = SystemProcesses(lambda: program_environment(context.paths))
    monkeypatch.setenv("https_proxy", "http://inherited:1")
    show = ["/bin/sh", "-c", 'echo "$http_proxy,$HTTP_PROXY,$https_proxy"']
    assert (await processes.run(show)).stdout == ",,http://inherited:1\n"
    await WriteProxy({**NONE, "http": "http://p:1"}, SETTINGS, before=NONE).act(context)
    assert (await processes.run(show)).stdout == "http://p:1,http://p:1,\n"
    assert os.environ["https_proxy"] == "http://inherited:1"


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    file = proxy_file(Paths(tmp_path))
    file.parent.mkdir(parents=True)
    file.write_text("{")
    with pytest.raises(SunbeamError, match="cannot be read"):
        Proxy.kept(Paths(tmp_path))


async def test_operators_that_do_not_answer_are_told_of(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    monkeypatch.setattr("sunbeam.tasks.proxy.ANSWER_SECONDS", 0.2)
    async with await asyncio.start_server(silent, "127.0.0.1") as server:
        host, port = server.sockets[0].getsockname()
        controller = Controller("uuid", "sunbeam", (f"{host}:{port}",), authority(context.paths))
        write_juju_data(context.paths.juju_data, controller, [], "secret")
        with pytest.raises(SunbeamError, match="did not answer within") as silence:
            await ShowModels().verify(context)
    assert silence.value.id == "sunbeamd-silent" and f"{host}:{port}" in silence.value.where


def authority(paths: Paths) -> str:
    certificates = ClusterCertificates(paths.certificates)
    certificates.ensure_authority()
    return certificates.authority.certificate.read_text()


@pytest.fixture
def node(tmp_path: Path) -> Node:
    paths = Paths(tmp_path)
    NodeSettings.file(paths).parent.mkdir(parents=True)
    NodeSettings.file(paths).write_text(SETTINGS.dump())
    return Node(paths)


@pytest.fixture
def dead() -> Iterator[str]:
    """The URL of a proxy whose port nobody listens at while it is bound."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://ann:pa55word@127.0.0.1:{bound.getsockname()[1]}"


async def change(node: Node, said: dict[str, str], before: dict[str, str]) -> Workbench:
    bench = Workbench(node.paths.root)
    await bench.engine.run(change_proxy(node, {**NONE, **said}, {**NONE, **before}))
    return bench


async def test_a_proxy_that_nobody_answers_at_does_not_come_into_use(node: Node, dead: str) -> None:
    with pytest.raises(PreflightFailed) as refused:
        await change(node, {"https": dead}, {})
    (problem,) = refused.value.problems
    assert problem.id == "proxy-unreachable" and "pa55word" not in str(refused.value)
    assert problem.next_command.startswith("sunbeam proxy set ")
    assert Proxy.kept(node.paths) is None


async def test_a_proxy_that_answers_comes_into_use(node: Node) -> None:
    async with await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1") as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await change(node, {"http": url}, {})
    kept = Proxy.kept(node.paths)
    assert kept is not None and kept.http == url
    await change(node, {"http": url, "no_proxy": "example.org"}, {"http": url})
    assert "example.org" in program_environment(node.paths)["no_proxy"], "what is in use is not asked again"


@pytest.mark.parametrize("damaged", [False, True])
async def test_a_dead_proxy_can_always_be_cleared(node: Node, dead: str, damaged: bool) -> None:
    file = proxy_file(node.paths)
    file.parent.mkdir(parents=True)
    file.write_text("{" if damaged else Proxy(dead).dump())
    await change(node, {}, {"http": dead})
    assert Proxy.kept(node.paths) is None


async def test_a_damaged_proxy_does_not_keep_the_new_one_from_being_asked(node: Node, dead: str) -> None:
    proxy_file(node.paths).parent.mkdir(parents=True)
    proxy_file(node.paths).write_text("{")
    with pytest.raises(PreflightFailed):
        await change(node, {"http": dead}, {})
