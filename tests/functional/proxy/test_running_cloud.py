"""A proxy that is set, changed and cleared while a small cloud runs."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sunbeam.core.proxy import Proxy, proxy_file
from sunbeam.juju.actions import wait_action
from sunbeam.juju.controller import Controller
from sunbeam.juju.credentials import Credentials
from tests.fakes.forward_proxy import ForwardProxy
from tests.functional.bootstrap.bootstrap_harness import SmallCloud
from tests.functional.bootstrap.small_bootstrap import MODEL, REPOSITORY


async def sunbeam(cloud: SmallCloud, *words: str) -> subprocess.CompletedProcess[str]:
    """In a thread, for the proxy is served by this one."""
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "sunbeam", *words],
        env={**os.environ, "SUNBEAM_ROOT": str(cloud.root)},
        cwd=REPOSITORY, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


async def seen_by_charms(cloud: SmallCloud) -> str:
    """What a hook of the greeter has for JUJU_CHARM_HTTP_PROXY and http_proxy."""
    async with Controller(Credentials.from_juju_data(cloud.paths.juju_data)) as controller:
        model = await controller.model(MODEL)
        request = {"commands": 'echo "$JUJU_CHARM_HTTP_PROXY|$http_proxy"', "units": ["greeter/0"]}
        answer = await model.change("Action", "Run", request)
        id = answer["actions"][0]["action"]["tag"].removeprefix("action-")
        return str((await wait_action(model, id, timeout=60)).output["stdout"]).strip()


async def test_a_proxy_takes_effect_on_a_running_cloud(
    cloud: SmallCloud, proxy: ForwardProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, proxy.url)
    ended = await asyncio.to_thread(cloud.bootstrap)
    assert ended.returncode == 0, ended.stderr + cloud.logs()
    assert proxy.asked == [] and not proxy.refused, "what is our own is not asked of a proxy"
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.delenv(name)
    assert await seen_by_charms(cloud) == "|"

    url = tmp_path / "url"
    url.write_text(f"{proxy.url}\n")
    told = await sunbeam(cloud, "proxy", "set", "--http", f"${{file:{url}}}", "--no-proxy", "example.org")
    assert told.returncode == 0, told.stderr
    texts = [path for path in cloud.root.rglob("*") if path.is_file() and path != proxy_file(cloud.paths)]
    assert [path for path in texts if b"hunter22" in path.read_bytes()] == []
    assert await seen_by_charms(cloud) == f"{proxy.url}|"
    shown = await sunbeam(cloud, "proxy", "show", "--format", "json")
    assert "ann:********@127.0.0.1" in shown.stdout and "hunter22" not in shown.stdout
    assert "example.org,localhost" in shown.stdout and str(url) in shown.stdout

    refused = await sunbeam(cloud, "proxy", "set", "--https", "http://bob:password@p.example.org:1")
    assert refused.returncode == 3 and "password@" not in refused.stderr, refused.stderr
    dead = await sunbeam(cloud, "proxy", "set", "--https", "http://127.0.0.1:1")
    assert dead.returncode == 3 and "sunbeam proxy set --http URL" in dead.stdout + dead.stderr
    none = await sunbeam(cloud, "proxy", "set")
    assert none.returncode == 2 and "--http" in none.stderr

    cleared = await sunbeam(cloud, "proxy", "clear")
    assert cleared.returncode == 0, cleared.stderr
    assert await seen_by_charms(cloud) == "|" and Proxy.kept(cloud.paths) is None

    kinds = [change.kind for change in cloud.changes()]
    assert kinds[:2] == ["proxy clear", "proxy set"]
    undone = await sunbeam(cloud, "undo", str(cloud.changes()[0].id), "--yes")
    assert undone.returncode == 0, undone.stderr
    assert await seen_by_charms(cloud) == f"{proxy.url}|"
