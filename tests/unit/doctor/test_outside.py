"""What the doctor reads of mirrors and of the way to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from email.utils import formatdate
from pathlib import Path
from time import time

import pytest
from aiohttp.test_utils import TestServer
from aiohttp.web import Application, Request, Response

from sunbeam.core.paths import Paths
from sunbeam.core.proxy import Proxy, proxy_file
from sunbeam.doctor.look import Look
from sunbeam.doctor.readings import outside
from tests.fakes.clock import FakeClock
from tests.fakes.processes import FakeProcesses

Handler = Callable[[Request], Awaitable[Response]]
DISABLED = (
    "Types: deb\nURIs: http://mirror.example.org/debian\nSuites: trixie\nComponents: main\nEnabled: no\n"
    "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
)


@pytest.fixture
def processes() -> FakeProcesses:
    return FakeProcesses()


@pytest.fixture
def look(tmp_path: Path, processes: FakeProcesses) -> Look:
    return Look(Paths(tmp_path), processes, FakeClock())


def name_mirror(root: Path) -> None:
    sources = root / "etc/apt/sources.list.d/debian.sources"
    sources.parent.mkdir(parents=True)
    sources.write_text(DISABLED)


@pytest.fixture(autouse=True)
def no_proxy_around_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


async def test_on_ubuntu_the_mirror_is_the_one_that_images_are_built_from(look: Look, tmp_path: Path) -> None:
    assert await outside.mirror(look) == ""
    name_mirror(tmp_path)
    assert await outside.mirror(look) == "http://mirror.example.org/debian/dists/trixie/InRelease"


@pytest.mark.parametrize(
    ("settings", "kept", "environment", "expected"),
    [
        ("", None, {}, ""),
        ("", None, {"HTTP_PROXY": "http://shell:1"}, "http://shell:1"),
        ("", None, {"HTTP_PROXY": "http://shell:1", "NO_PROXY": ".example.org"}, ""),
        ("", Proxy("http://kept:2"), {"http_proxy": "http://shell:1"}, "http://kept:2"),
        ("", Proxy("http://kept:2", no_proxy="mirror.example.org"), {}, ""),
        ('Acquire::http::Proxy "http://apt:3";\n', Proxy("http://kept:2"), {}, "http://apt:3"),
        ('Acquire::http::Proxy "DIRECT";\n', Proxy("http://kept:2"), {}, ""),
    ],
)
async def test_the_mirror_is_asked_through_the_proxy_that_fetches_from_it(
    look: Look,
    processes: FakeProcesses,
    monkeypatch: pytest.MonkeyPatch,
    settings: str,
    kept: Proxy | None,
    environment: dict[str, str],
    expected: str,
) -> None:
    name_mirror(look.paths.root)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if kept:
        proxy_file(look.paths).parent.mkdir(parents=True)
        proxy_file(look.paths).write_text(kept.dump())
    processes.expect("apt-config", answer=settings)
    assert await outside.proxy(look) == expected


async def test_behind_a_proxy_only_its_own_name_must_be_known(look: Look, processes: FakeProcesses) -> None:
    name_mirror(look.paths.root)
    proxy_file(look.paths).parent.mkdir(parents=True)
    proxy_file(look.paths).write_text(Proxy("http://proxy.example.org:3128").dump())
    processes.expect("apt-config")
    assert await outside.needed_name(look) == "proxy.example.org"


@pytest.mark.parametrize(("age", "hours"), [("10800", 0), ("0", 3)])
async def test_an_answer_that_a_cache_kept_is_as_old_as_it_says(
    look: Look, tmp_path: Path, processes: FakeProcesses, age: str, hours: int
) -> None:
    async def kept(request: Request) -> Response:
        return Response(headers={"Date": formatdate(time() - 10800, usegmt=True), "Age": age})

    answer = await answer_of(kept, look, tmp_path, processes)
    assert answer.date and answer.asked and answer.problem == ""
    assert abs(answer.asked - answer.date - timedelta(hours=hours)) < timedelta(minutes=1)


async def test_a_mirror_without_the_release_is_a_problem(
    look: Look, tmp_path: Path, processes: FakeProcesses
) -> None:
    async def missing(request: Request) -> Response:
        return Response(status=404)

    assert (await answer_of(missing, look, tmp_path, processes)).problem == "HTTP 404"


async def answer_of(
    handler: Handler, look: Look, root: Path, processes: FakeProcesses
) -> outside.MirrorAnswer:
    """What is read of a mirror on this machine that answers everything with ``handler``."""
    processes.expect("apt-config")
    application = Application()
    application.router.add_get("/{path:.*}", handler)
    async with TestServer(application) as server:
        (root / "etc/apt").mkdir(parents=True)
        (root / "etc/os-release").write_text("ID=debian\n")
        (root / "etc/apt/sources.list").write_text(f"deb {server.make_url('/debian')} trixie main\n")
        answer = await outside.mirror_answer(look)
    assert answer is not None
    return answer
