"""The port, its certificate, its settings, and how one process hands it to another."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import ssl
from collections.abc import Callable
from datetime import timedelta

import pytest

from sunbeam.cluster.certificates import ClusterCertificates
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.errors import SunbeamError, UsageError
from sunbeam.core.lock import change_lock
from sunbeam.core.paths import Paths
from sunbeam.web import foreground, serving, tls
from sunbeam.web.foreground import CLOSED, HANDED_OVER, alone
from sunbeam.web.serving import Served, kept, listening
from sunbeam.web.settings import PORT, WebSettings, parse_listen, web_folder
from tests.unit.web.visitor import until

HOST = "127.0.0.1"


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> WebSettings:
    for module in (serving, foreground):
        monkeypatch.setattr(module, "LOOK_SECONDS", 0.02)
    with socket.socket() as free:
        free.bind((HOST, 0))
        return WebSettings(HOST, int(free.getsockname()[1]))


async def answers(settings: WebSettings, paths: Paths) -> bool:
    """Whether somebody serves the view with the certificate of ``paths``; asks again as browsers do.

    A connection in the middle of its handshake when the port closes ends with that process; this one goes on.
    """
    trusted = ssl.create_default_context(cafile=str(tls.certificate(paths, HOST).certificate))
    if ClusterCertificates(paths.certificates).authority.exists:
        trusted.load_verify_locations(ClusterCertificates(paths.certificates).authority.certificate)
    for _ in range(2):
        try:
            async with asyncio.timeout(5):
                reader, writer = await asyncio.open_connection(HOST, settings.port, ssl=trusted)
                writer.write(b"GET /sunbeam/login HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
                answer = await reader.read()
                writer.close()
                return answer.startswith(b"HTTP/1.1 200")
        except ConnectionRefusedError:
            return False
        except (ConnectionResetError, TimeoutError):
            continue
    return False


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("0.0.0.0", "0.0.0.0", PORT),
        ("127.0.0.1:9000", "127.0.0.1", 9000),
        (":9000", "192.0.2.7", 9000),
        ("[::1]:9000", "::1", 9000),
        ("::1", "::1", PORT),
    ],
)
def test_where_to_listen(text: str, host: str, port: int) -> None:
    assert parse_listen(text, "192.0.2.7") == WebSettings(host, port)


@pytest.mark.parametrize(
    "text", ["", " ", ":", "here", "192.0.2.7:0", "192.0.2.7:http", "1.2.3:99999", ":65536"]
)
def test_where_nobody_can_listen(text: str) -> None:
    with pytest.raises(UsageError, match="cannot listen") as refused:
        parse_listen(text, "192.0.2.7")
    assert "literal" not in refused.value.why


def test_settings_are_kept(paths: Paths) -> None:
    assert WebSettings.read(paths) is None
    WebSettings("::1", 9000).write(paths)
    assert WebSettings.read(paths) == WebSettings("::1", 9000)
    assert WebSettings("::1", 9000).url == "https://[::1]:9000/"
    (paths.etc / "web/settings.json").write_text("{")
    with pytest.raises(SunbeamError, match="cannot be read"):
        WebSettings.read(paths)
    WebSettings.forget(paths)
    assert WebSettings.read(paths) is None


def test_a_bare_machine_signs_for_itself_until_it_is_told_otherwise(paths: Paths) -> None:
    own = tls.certificate(paths, "192.0.2.7")
    assert own.key.stat().st_mode & 0o777 == 0o600 and web_folder(paths).stat().st_mode & 0o777 == 0o700
    assert len(tls.fingerprint(own)) == 32 * 3 - 1
    tls.forget_self_signed(paths)
    assert own.exists
    ClusterCertificates(paths.certificates).ensure_authority()
    assert tls.fingerprint(tls.certificate(paths, "192.0.2.7")) == tls.fingerprint(own)
    tls.forget_self_signed(paths)
    assert tls.certificate(paths, "192.0.2.7").certificate == paths.certificates / "web.crt"


def test_a_certificate_that_is_over_is_made_again(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "VALIDITY", timedelta(minutes=1))
    old = tls.fingerprint(tls.certificate(paths, HOST))
    monkeypatch.undo()
    pair = tls.certificate(paths, HOST)
    assert tls.fingerprint(pair) != old


async def test_a_port_that_is_taken_is_told(paths: Paths, settings: WebSettings) -> None:
    with socket.socket() as other:
        other.bind((HOST, settings.port))
        other.listen()
        with pytest.raises(SunbeamError, match="cannot listen") as caught:
            async with listening(paths, settings):
                pass
    assert caught.value.next_command == f"sunbeam web --listen {HOST}:{settings.port + 1}"


def trusting(paths: Paths) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(tls.certificate(paths, HOST).certificate))


@pytest.mark.parametrize("said", [b"", b"GET /sunbeam/login HTTP/1.1\r\nHost: he"])
async def test_who_sends_no_whole_request_is_left(
    paths: Paths, settings: WebSettings, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(serving, "IDLE_SECONDS", 0.5)
    async with listening(paths, settings), asyncio.timeout(10):
        reader, writer = await asyncio.open_connection(HOST, settings.port, ssl=trusting(paths))
        writer.write(said)
        assert await reader.read() == b""
        writer.close()
        assert await answers(settings, paths)


@pytest.mark.parametrize("header", ["Content-Length: x", "Content-Encoding: gzip\r\nContent-Length: 9"])
async def test_a_request_that_is_none_is_one_line_of_the_log(
    paths: Paths, settings: WebSettings, caplog: pytest.LogCaptureFixture, header: str
) -> None:
    async with listening(paths, settings), asyncio.timeout(10):
        reader, writer = await asyncio.open_connection(HOST, settings.port, ssl=trusting(paths))
        kind = "Content-Type: application/x-www-form-urlencoded"
        writer.write(
            f"POST /sunbeam/login HTTP/1.1\r\nHost: h\r\n{kind}\r\n{header}\r\n\r\ntoken=123".encode()
        )
        assert b" 400 Bad Request" in (await reader.read()).partition(b"\r\n")[0]
        writer.close()
    assert not any(record.exc_info for record in caplog.records)


async def test_only_so_many_connections_are_served(
    paths: Paths, settings: WebSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "MOST_CONNECTIONS", 1)
    async with listening(paths, settings), asyncio.timeout(10):
        _, first = await asyncio.open_connection(HOST, settings.port, ssl=trusting(paths))
        await asyncio.sleep(0.1)
        assert not await answers(settings, paths)
        first.close()
        await asyncio.sleep(0.1)
        assert await answers(settings, paths)


async def test_sunbeamd_serves_when_it_is_told_to(paths: Paths, settings: WebSettings) -> None:
    async with kept(paths):
        await asyncio.sleep(0.1)
        assert Served.read(paths) is None
        settings.write(paths)
        await until(lambda: Served.read(paths) is not None)
        assert await answers(settings, paths)
        WebSettings.forget(paths)
        await until(lambda: Served.read(paths) is None)
        assert not await answers(settings, paths)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """The errors that were logged."""
    return lambda: [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]


def has_problem(paths: Paths) -> bool:
    return "Address already in use" in getattr(Served.read(paths), "problem", "")


async def test_sunbeamd_goes_on_where_it_cannot_listen(
    paths: Paths, settings: WebSettings, logged: Callable[[], list[str]]
) -> None:
    async with kept(paths):
        for times in (1, 2):
            with socket.socket() as other:
                other.bind((HOST, settings.port))
                other.listen()
                settings.write(paths)
                await until(lambda: has_problem(paths))
                await asyncio.sleep(0.3)
                assert len(logged()) == times and "port" in logged()[-1]
            await until(lambda: Served.read(paths) == Served(settings.host, settings.port))
            assert await answers(settings, paths)
            WebSettings.forget(paths)
            await until(lambda: Served.read(paths) is None)


async def test_sunbeamd_goes_on_where_it_cannot_say_how_its_view_is(
    paths: Paths, settings: WebSettings, logged: Callable[[], list[str]]
) -> None:
    with socket.socket() as other:
        other.bind((HOST, settings.port))
        other.listen()
        Served.file(paths).mkdir()
        async with kept(paths):
            settings.write(paths)
            await until(lambda: logged() != [])
            await asyncio.sleep(0.3)
            assert len(logged()) == 1 and "Is a directory" in logged()[0]
            Served.file(paths).rmdir()
            await until(lambda: has_problem(paths))


async def test_damaged_settings_are_logged_once(
    paths: Paths, settings: WebSettings, logged: Callable[[], list[str]]
) -> None:
    async with kept(paths):
        settings.write(paths)
        await until(lambda: Served.read(paths) is not None)
        (paths.etc / "web/settings.json").write_text("{")
        await until(lambda: logged() != [])
        await asyncio.sleep(0.3)
        assert len(logged()) == 1 and "cannot be read" in logged()[0]
        settings.write(paths)
        await until(lambda: Served.read(paths) == Served(settings.host, settings.port))


async def test_the_page_changes_hands_without_a_gap(paths: Paths, settings: WebSettings) -> None:
    """A foreground view ends when sunbeamd serves the same and nothing is being changed."""
    ready = asyncio.Event()
    first = asyncio.create_task(foreground.serve(paths, settings, ready.set))
    async with asyncio.timeout(60):
        await ready.wait()
        with change_lock(paths.change_lock):
            NodeSettings.file(paths).write_text(NodeSettings("edge-7", HOST).dump())
            async with kept(paths):
                while Served.read(paths) is None:
                    assert await answers(settings, paths)
                for _ in range(20):
                    assert await answers(settings, paths)
                assert not first.done()
        answered = web_folder(paths) / "answers-1.yaml"
        answered.touch()
        async with kept(paths):
            while not first.done():
                assert await answers(settings, paths)
            assert await first == HANDED_OVER and not answered.exists()
            assert await answers(settings, paths)
    assert WebSettings.read(paths) == settings


async def test_a_bare_machine_is_left_as_it_was(paths: Paths, settings: WebSettings) -> None:
    ready = asyncio.Event()
    paths.etc.rmdir()
    serving_task = asyncio.create_task(foreground.serve(paths, settings, ready.set))
    async with asyncio.timeout(10):
        await ready.wait()
        assert await answers(settings, paths)
        os.kill(os.getpid(), signal.SIGTERM)
        assert await serving_task == CLOSED
    assert not paths.etc.exists()


def test_only_one_foreground_view_at_a_time(paths: Paths) -> None:
    with alone(paths) as first, alone(paths) as second:
        assert first and not second
    with alone(paths) as again:
        assert again
