"""Faults of the machine, its network, etcd, sunbeamd, locks and changes."""

from __future__ import annotations

import asyncio
import fcntl
import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path

import aiohttp

from sunbeam.cluster.certificates import ClusterCertificates
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core import lock
from sunbeam.terraform.backend import StateBackend
from tests.e2e.conftest import PROGRAMS
from tests.e2e.seeding import (
    PATHS,
    SERVICES,
    Fault,
    api_answers,
    changed,
    mounted,
    restart_daemon,
    run,
    start_cloud,
    sunbeam,
    wait_until,
)


@contextmanager
def stopped_program(name: str) -> Fault:
    SERVICES.stop(name)
    try:
        yield
    finally:
        SERVICES.start("etcd")
        SERVICES.start("sunbeamd")
        wait_until(api_answers, "sunbeamd does not answer")


@contextmanager
def small_disk(folder: Path, options: str, program: str = "") -> Fault:
    """A small file system instead of a folder's own, with the same content; ``program`` uses it."""
    if program:
        SERVICES.stop("sunbeamd")
        SERVICES.stop(program)
    copy = folder.with_name(f"{folder.name}.copy")
    shutil.copytree(folder, copy)
    run("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder)
    try:
        shutil.copytree(copy, folder, dirs_exist_ok=True)
        if "nr_inodes" in options:
            _fill(lambda number: (folder / f"filling-{number}").touch())
        else:
            with (folder / "filling").open("wb", buffering=0) as file:
                _fill(lambda _: file.write(b"\1" * 65536))
        if program:
            SERVICES.start(program)
            SERVICES.start("sunbeamd")
        yield
    finally:
        if program:
            SERVICES.stop(program)
        run("umount", "--lazy", folder)
        shutil.rmtree(copy)
        if program:
            SERVICES.start(program)
            restart_daemon()


def _fill(write: Callable[[int], object]) -> None:
    for number in range(100_000):
        try:
            write(number)
        except OSError:
            return
    raise AssertionError("it does not become full")


@contextmanager
def interrupted_change() -> Fault:
    process = subprocess.Popen(
        [PROGRAMS / "sunbeam", "image", "build", "memcached"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True, text=True,
    )  # fmt: skip

    changing = 0

    def begun() -> bool:
        nonlocal changing
        assert process.poll() is None, process.communicate()
        changing = _changing()
        return changing > 0

    try:
        wait_until(begun, "the change does not begin")
        assert changing > 0
        os.kill(changing, signal.SIGKILL)
        process.wait()
        yield
    finally:
        process.kill()
        process.wait()
        start_cloud()


def _changing() -> int:
    """The process that makes a change which is in the journal; 0 if there is none."""
    holder = lock.holder(PATHS.change_lock)
    return holder.pid if holder is not None and holder.change else 0


@contextmanager
def stolen_port(port: int) -> Fault:
    SERVICES.stop("sunbeamd")
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        thief.bind(("127.0.0.1", port))
        thief.listen()
        SERVICES.start("sunbeamd")
        try:
            yield
        finally:
            thief.close()
            restart_daemon()


@contextmanager
def held_lock() -> Fault:
    """By a process that is no change."""
    PATHS.change_lock.touch()
    program = (
        "import fcntl, sys, time; file = open(sys.argv[1], 'a');"
        " fcntl.flock(file, fcntl.LOCK_EX); time.sleep(600)"
    )
    holder = subprocess.Popen([sys.executable, "-c", program, PATHS.change_lock])

    def is_held() -> bool:
        with PATHS.change_lock.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    try:
        time.sleep(0.2)
        wait_until(is_held, "the lock is not held")
        yield
    finally:
        holder.kill()
        holder.wait()


@contextmanager
def locked_state() -> Fault:
    """As plain tofu leaves it when it is killed: without an owner that could be seen to be dead."""
    backend = StateBackend.read(PATHS.terraform)

    async def lock() -> None:
        login = aiohttp.BasicAuth(backend.username, backend.password)
        body = json.dumps({"ID": "seeded", "Operation": "OperationTypeApply", "Who": "somebody@elsewhere"})
        async with aiohttp.ClientSession(headers={"Authorization": login.encode()}) as session:
            url = backend.url("openstack", "/lock")
            async with session.request("LOCK", url, data=body, ssl=backend.tls()) as answer:
                assert answer.status == 200, await answer.text()

    asyncio.run(lock())
    try:
        yield
    finally:
        assert sunbeam("plans", "unlock", "openstack", "--force").returncode == 0


@contextmanager
def foreign_certificate(scratch: Path) -> Fault:
    """sunbeamd's certificate, signed by an authority that etcd does not know."""
    stranger = ClusterCertificates(scratch / "stranger").ensure("sunbeamd")
    certificate, key = PATHS.certificates / "sunbeamd.crt", PATHS.certificates / "sunbeamd.key"
    SERVICES.stop("sunbeamd")
    with (
        changed(certificate, stranger.certificate.read_bytes(), restart_daemon),
        changed(key, stranger.key.read_bytes()),
    ):
        SERVICES.start("sunbeamd")
        yield


@contextmanager
def dead_names(scratch: Path) -> Fault:
    file = scratch / "resolv.conf"
    file.write_text("nameserver 127.0.0.9\noptions timeout:1 attempts:1\n")
    with mounted(file, Path("/etc/resolv.conf")):
        yield


@contextmanager
def other_mirror(url: str) -> Fault:
    apt = Path("/etc/apt")
    kinds = ("sources.list", "sources.list.d/*.sources", "sources.list.d/*.list")
    theirs = [file for kind in kinds for file in apt.glob(kind)]
    for each in theirs:
        each.rename(f"{each}.away")
    sources = apt / "sources.list"
    sources.write_text(f"deb {url} trixie main\n")
    try:
        yield
    finally:
        sources.unlink()
        for each in theirs:
            Path(f"{each}.away").rename(each)


@contextmanager
def wrong_clock(hours: int = 3) -> Fault:
    """The clock itself cannot be set in a container: the mirror's is ahead instead."""

    class Mirror(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(200)
            self.end_headers()

        def date_time_string(self, timestamp: float | None = None) -> str:
            return formatdate(time.time() + hours * 3600, usegmt=True)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with other_mirror(f"http://127.0.0.1:{server.server_port}/debian"):
            yield
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def firewall_flushed() -> Fault:
    if "table ip sunbeam" in run("nft", "list", "tables"):
        run("nft", "delete", "table", "ip", "sunbeam")
    else:
        run("iptables", "-D", "FORWARD", "-j", "SUNBEAM-FORWARD")
    try:
        yield
    finally:
        restart_daemon()


@contextmanager
def dropped_forwarding() -> Fault:
    run("iptables", "-P", "FORWARD", "DROP")
    try:
        yield
    finally:
        run("iptables", "-P", "FORWARD", "ACCEPT")


@contextmanager
def lost_bridge_address() -> Fault:
    network = NodeSettings.read(PATHS).network
    run("ip", "address", "flush", "dev", network.external_bridge)
    try:
        yield
    finally:
        restart_daemon()


@contextmanager
def no_forwarding() -> Fault:
    with changed(Path("/proc/sys/net/ipv4/ip_forward"), "0"):
        yield
