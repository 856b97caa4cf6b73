"""The command, a real bootstrap of small units, and a real sunbeamd that takes the page over."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import pytest

from sunbeam.web.foreground import HANDED_OVER
from sunbeam.web.parts import BASE
from tests.functional.bootstrap.bootstrap_harness import SmallCloud
from tests.functional.bootstrap.conftest import cloud, core, etcd, new_cloud

__all__ = ["cloud", "core", "etcd", "new_cloud"]

REPOSITORY = Path(__file__).parents[3]
LONGEST_GAP = 10.0
LINK = re.compile(r"(https://\S+/)sunbeam/#(\S+)")

Command = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def sunbeam(cloud: SmallCloud) -> Iterator[Command]:
    """Starts ``sunbeam WORDS`` on the small machine."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        argv = [sys.executable, "-u", "-m", "sunbeam", *words]
        environment = {**os.environ, "SUNBEAM_ROOT": str(cloud.root)}
        pipe = subprocess.PIPE
        started.append(
            subprocess.Popen(
                argv, cwd=REPOSITORY, env=environment, stdout=pipe, stderr=subprocess.STDOUT, text=True
            )
        )
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def link(command: subprocess.Popen[str]) -> re.Match[str]:
    assert command.stdout is not None
    said = ""
    for line in command.stdout:
        said += line
        if found := LINK.search(line):
            return found
    raise AssertionError(said)


async def ask(session: aiohttp.ClientSession, url: str) -> int:
    """The status of the page; 0 if nobody answers."""
    try:
        async with session.get(url, ssl=False, allow_redirects=False) as answer:
            return answer.status
    except aiohttp.ClientError:
        return 0


async def watch(session: aiohttp.ClientSession, url: str, over: Callable[[], bool]) -> float:
    """Ask all the time; the seconds of the longest gap."""
    longest, answered = 0.0, time.monotonic()
    while not over():
        if await ask(session, url) == 200:
            longest, answered = max(longest, time.monotonic() - answered), time.monotonic()
        await asyncio.sleep(0.02)
    return longest


async def read_until(session: aiohttp.ClientSession, url: str, wanted: str) -> str:
    """The page as soon as it holds ``wanted``, or as it is after half a minute."""
    text, deadline = "", time.monotonic() + 30
    while wanted not in text and time.monotonic() < deadline:
        async with session.get(url, ssl=False) as answer:
            text = await answer.text()
        await asyncio.sleep(0.2)
    return text


async def test_sunbeamd_takes_the_page_over(cloud: SmallCloud, sunbeam: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    foreground = sunbeam("web", "--listen", f"127.0.0.1:{port}")
    base, token = link(foreground).groups()
    page = f"{base}{BASE.strip('/')}"
    connector = aiohttp.TCPConnector(force_close=True)
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=jar) as session:
        async with session.post(
            f"{page}/login", data={"token": token}, ssl=False, allow_redirects=False
        ) as answer:
            assert answer.status == 303
        assert await ask(session, f"{page}/setup") == 200

        bootstrap = asyncio.create_task(asyncio.to_thread(cloud.bootstrap))
        gap = await watch(session, f"{page}/static/sunbeam.css", lambda: foreground.poll() is not None)
        ended = await bootstrap
        assert ended.returncode == 0, ended.stderr + cloud.logs()
        assert HANDED_OVER in foreground.communicate()[0]
        assert gap < LONGEST_GAP

        assert "greeter/0" in await read_until(session, f"{page}/", "greeter/0")

        again = await asyncio.to_thread(sunbeam("web").communicate)
        assert f"#{token}" in again[0]
        await asyncio.to_thread(sunbeam("web", "--new-token").communicate)
        assert await ask(session, f"{page}/") == 303
        await asyncio.to_thread(sunbeam("web", "--off").communicate)
        for _ in range(100):
            if await ask(session, f"{page}/login") == 0:
                break
            await asyncio.sleep(0.1)
        assert await ask(session, f"{page}/login") == 0
