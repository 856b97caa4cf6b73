"""Pods with the real podman, kernel networks and our Pebble."""

from __future__ import annotations

import asyncio
import os
import signal

import ops.pebble

from sunbeam.operators.runtime import Mount
from sunbeam.substrates.embedded.process_watch import is_alive

from .conftest import IMAGE, MODEL, Start, Substrate

WEB = f"web-0-{MODEL[:8]}.web"
CLIENT = f"client-0-{MODEL[:8]}.web"
ASK = "import socket,sys; print(socket.create_connection((sys.argv[1], 8080), 5).recv(99).decode())"


LAYER = """
checks:
  up:
    override: replace
    period: 100ms
    threshold: 1
    exec: {command: test -e /up}
"""


async def serve(substrate: Substrate, container: str, server: str) -> None:
    await substrate.podman.call(["exec", "--detach", container, "python3", "-c", server])
    for _ in range(50):
        listening = await substrate.inside(container, "ss", "-Hltn")
        if ":8080" in listening:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the server does not listen")


async def test_pods_find_each_other_by_name(substrate: Substrate, start: Start, server: str) -> None:
    runtime = await start()
    for unit in ("web/0", "client/0"):
        await runtime.ensure_pod(substrate.pod(unit))
    sight = substrate.sight
    await sight.until(lambda: bool(sight.boot_id("web/0") and sight.boot_id("client/0")))
    await serve(substrate, WEB, server)
    for name in ("web.openstack.svc.cluster.local", "web-0.web-endpoints.openstack.svc.cluster.local"):
        assert await substrate.inside(CLIENT, "python3", "-c", ASK, name) == "web-0"
    assert sight.unit("web/0").address == "10.214.30.10"


async def test_storage_and_several_containers_share_one_address(substrate: Substrate, start: Start) -> None:
    storage = substrate.paths.engine / "storage" / "data"
    storage.mkdir(parents=True)
    (storage / "here").write_text("kept")
    runtime = await start()
    mounts = (Mount(storage, "/srv/data"),)
    await runtime.ensure_pod(substrate.pod("web/0", "web", "side", mounts=mounts))
    sight = substrate.sight
    await sight.until(lambda: bool(sight.boot_id("web/0") and sight.boot_id("web/0", "side")))
    side = WEB.replace(".web", ".side")
    assert await substrate.inside(side, "cat", "/srv/data/here") == "kept"
    addresses = [await substrate.inside(name, "ip", "-brief", "-4", "address") for name in (WEB, side)]
    assert "10.214.30.10/24" in addresses[0] and addresses[0] == addresses[1]


async def test_killed_containers_come_back(substrate: Substrate, start: Start) -> None:
    runtime = await start()
    await runtime.ensure_pod(substrate.pod("web/0"))
    sight = substrate.sight
    await sight.until(lambda: bool(sight.boot_id("web/0")))
    for suffix in ("conmon", "pid"):
        before = sight.boot_id("web/0")
        pid = int((runtime.host.pids / f"{WEB}.{suffix}").read_text())
        os.kill(pid, signal.SIGKILL)
        await sight.until(lambda before=before: sight.boot_id("web/0") not in ("", before))  # type: ignore[misc]
        assert not is_alive(pid)


async def test_a_new_daemon_adopts_what_runs(substrate: Substrate, start: Start) -> None:
    first = await start()
    await first.ensure_pod(substrate.pod("web/0"))
    await substrate.sight.until(lambda: bool(substrate.sight.boot_id("web/0")))
    boot_id, hosts = substrate.sight.boot_id("web/0"), first.host.hosts_file.read_text()
    await first.stop()

    second = await start()
    assert second.host.hosts_file.read_text() == hosts
    await second.ensure_pod(substrate.pod("web/0"))
    await substrate.sight.until(lambda: bool(substrate.sight.boot_id("web/0")))
    assert substrate.sight.boot_id("web/0") == boot_id


async def test_changed_ports_restart_nothing(substrate: Substrate, start: Start, server: str) -> None:
    runtime = await start()
    await runtime.ensure_pod(substrate.pod("web/0"))
    sight = substrate.sight
    await sight.until(lambda: bool(sight.boot_id("web/0")))
    boot_id = sight.boot_id("web/0")
    await serve(substrate, WEB, server)
    await runtime.ensure_pod(substrate.pod("web/0", ports=("8080/tcp",), exposed=True))
    gateway = str(substrate.network.plan.external[1])
    for _ in range(50):
        try:
            reader, writer = await asyncio.open_connection(gateway, 8080)
            break
        except OSError:
            await asyncio.sleep(0.1)
    assert await reader.read() == b"web-0"
    writer.close()
    assert sight.boot_id("web/0") == boot_id


async def test_an_exposed_pod_reaches_itself_and_others_reach_it_through_this_host(
    substrate: Substrate, start: Start, server: str
) -> None:
    runtime = await start()
    for unit in ("web/0", "web/1"):
        await runtime.ensure_pod(substrate.pod(unit, ports=("8080/tcp",), exposed=unit == "web/0"))
    await substrate.sight.until(lambda: all(substrate.sight.boot_id(unit) for unit in ("web/0", "web/1")))
    await serve(substrate, WEB, server)
    gateway = str(substrate.network.plan.external[1])
    ask = f"import socket; print(socket.create_connection(('{gateway}', 8080), 5).recv(9).decode())"
    for unit in ("web/0", "web/1"):
        container = WEB.replace("web-0", unit.replace("/", "-"))
        shown = await substrate.podman.call(["exec", container, "python3", "-c", ask], check=False)
        assert shown.stdout == "web-0\n", f"{unit}: {shown.stderr}"


async def test_a_pod_waits_for_its_image(substrate: Substrate, start: Start) -> None:
    runtime = await start()
    image = "localhost/sunbeam/later:latest"
    await runtime.ensure_pod(substrate.pod("web/0", image=image))
    sight = substrate.sight
    await sight.until(lambda: "web" in sight.unit("web/0").containers)
    await sight.until(lambda: "is being built" in sight.unit("web/0").containers["web"].problem)
    await substrate.podman.call(["tag", IMAGE, image])
    try:
        await sight.until(lambda: bool(sight.boot_id("web/0")))
    finally:
        await substrate.podman.call(["untag", IMAGE, image])
    assert sight.unit("web/0").containers["web"].problem == ""


async def test_checks_and_notices_are_told(substrate: Substrate, start: Start) -> None:
    runtime = await start()
    await runtime.ensure_pod(substrate.pod("web/0"))
    sight = substrate.sight
    await sight.until(lambda: bool(sight.boot_id("web/0")))
    pid = int((runtime.host.pids / f"{WEB}.pid").read_text())
    pebble = ops.pebble.Client(f"/proc/{pid}/root/charm/container/pebble.socket")
    await asyncio.to_thread(
        pebble.notify, ops.pebble.NoticeType.CUSTOM, "example.com/told", data={"answer": "42"}
    )
    await asyncio.to_thread(pebble.add_layer, "checks", LAYER)
    await asyncio.to_thread(pebble.replan_services)
    await sight.until(lambda: sight.unit("web/0").containers["web"].checks == {"up": "down"})
    await substrate.inside(WEB, "touch", "/up")
    await sight.until(lambda: sight.unit("web/0").containers["web"].checks == {"up": "up"})
    notices = sight.unit("web/0").containers["web"].notices
    custom = next(notice for notice in notices if notice["type"] == "custom")
    assert (custom["key"], custom["last-data"]) == ("example.com/told", {"answer": "42"})
    kinds = {notice["last-data"]["kind"] for notice in notices if notice["type"] == "change-update"}
    assert kinds == {"perform-check", "recover-check"}


async def test_a_removed_pod_leaves_its_address(substrate: Substrate, start: Start) -> None:
    runtime = await start()
    await runtime.ensure_pod(substrate.pod("web/0"))
    sight = substrate.sight
    await sight.until(lambda: bool(sight.boot_id("web/0")))
    await runtime.remove_pod(MODEL, "web/0")
    assert await substrate.podman.containers() == []
    assert "web" not in runtime.host.hosts_file.read_text()
    await runtime.remove_pod(MODEL, "web/0")
    await runtime.ensure_pod(substrate.pod("other/0"))
    assert sight.unit("other/0").address == "10.214.30.10"
