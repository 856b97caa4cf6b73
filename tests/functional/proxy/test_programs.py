"""Every program that fetches something asks the proxy, and none has its password among its arguments."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.paths import Paths
from sunbeam.core.process import SystemProcesses
from sunbeam.core.proxy import Proxy, program_environment, proxy_file
from sunbeam.substrates.embedded.podman import Podman
from sunbeam.tasks.proxy import own_places
from tests.fakes.forward_proxy import ForwardProxy

PASSWORD = b"hunter22"
FETCH = "import urllib.request as r; print(r.urlopen('http://inside.invalid/').read().decode())"


@pytest.fixture
def processes(tmp_path: Path, proxy: ForwardProxy) -> SystemProcesses:
    """Those of a node with this proxy."""
    paths = Paths(tmp_path)
    kept = Proxy(proxy.url, proxy.url).bypassing(own_places(NodeSettings("node-1", "192.0.2.7")))
    file = proxy_file(paths)
    file.parent.mkdir(parents=True, mode=0o700)
    file.write_text(kept.dump())
    return SystemProcesses(partial(program_environment, paths))


@asynccontextmanager
async def watched_arguments() -> AsyncIterator[set[bytes]]:
    """Command lines of all processes that hold the password."""
    found: set[bytes] = set()

    async def watch() -> None:
        while True:
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    line = file.read_bytes()
                except OSError:
                    continue
                if PASSWORD in line:
                    found.add(line)
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    try:
        yield found
    finally:
        watching.cancel()


async def test_apt(processes: SystemProcesses, proxy: ForwardProxy, tmp_path: Path) -> None:
    for folder in ("lists/partial", "archives/partial", "etc"):
        (tmp_path / "apt" / folder).mkdir(parents=True)
    sources = tmp_path / "apt/etc/sources.list"
    sources.write_text("deb [trusted=yes] http://mirror.invalid/debian trixie main\n")
    async with watched_arguments() as seen:
        await processes.run(
            [
                "apt-get", "update", "-o", f"Dir::State::Lists={tmp_path}/apt/lists",
                "-o", f"Dir::Cache={tmp_path}/apt", "-o", f"Dir::Etc::SourceList={sources}",
                "-o", "Dir::Etc::SourceParts=/dev/null", "-o", "APT::Sandbox::User=root",
            ],
            check=False,
        )  # fmt: skip
    assert "mirror.invalid" in proxy.hosts() and not seen


async def test_mmdebstrap(processes: SystemProcesses, proxy: ForwardProxy, tmp_path: Path) -> None:
    await processes.run(
        ["mmdebstrap", "--quiet", "--variant=extract", "trixie", tmp_path / "root.tar",
         "deb [trusted=yes] http://base.invalid/debian trixie main"],
        check=False, timeout=120,
    )  # fmt: skip
    assert "base.invalid" in proxy.hosts()


async def test_pip_and_npm(processes: SystemProcesses, proxy: ForwardProxy, tmp_path: Path) -> None:
    async with watched_arguments() as seen:
        await processes.run(
            [sys.executable, "-m", "pip", "download", "--retries=0", "--index-url=https://index.invalid/simple",
             "--disable-pip-version-check", "--dest", tmp_path, "nothing"],
            check=False, timeout=120,
        )  # fmt: skip
        npm = shutil.which("npm")
        if npm:
            await processes.run(
                [npm, "pack", "--registry=http://npm.invalid/", "--fetch-retries=0", "nothing@1.0.0"],
                cwd=tmp_path, check=False, timeout=120,
            )  # fmt: skip
    assert "index.invalid" in proxy.hosts() and not seen
    assert not npm or "npm.invalid" in proxy.hosts()


async def test_podman_pulls_and_builds_through_it_but_pods_know_nothing_of_it(
    processes: SystemProcesses, proxy: ForwardProxy, tmp_path: Path, root_file_system: Path
) -> None:
    podman = Podman(processes, Paths(tmp_path))
    async with watched_arguments() as seen:
        await podman.call(["pull", "--quiet", "registry.invalid/image:1"], check=False, timeout=120)
        assert "registry.invalid" in proxy.hosts()

        context = tmp_path / "context"
        context.mkdir()
        shutil.copyfile(root_file_system, context / "base.tar")
        (context / "Containerfile").write_text(
            f'FROM scratch\nADD base.tar /\nRUN ["python3", "-c", "{FETCH}"]\n'
        )
        built = await podman.call(
            ["build", "--layers=false", "--network=host", "--quiet", context], timeout=300
        )
    assert "GET http://inside.invalid/" in proxy.asked and not seen
    image = built.stdout.strip().splitlines()[-1]
    description = await podman.call(["image", "inspect", image])
    assert "hunter22" not in description.stdout and "invalid" in description.stdout
    shown = await podman.call(["run", "--rm", "--network=none", image, "env"])
    assert "proxy" not in shown.stdout.lower()
    through = await podman.call(
        ["run", "--rm", "--network=host", "--http-proxy=true", image, "python3", "-c", FETCH]
    )
    assert "through the proxy" in through.stdout
