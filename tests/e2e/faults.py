"""Faults of a real cloud, each put in and taken out again."""

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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path

import aiohttp

from sunbeam.cluster.certificates import ClusterCertificates
from sunbeam.cluster.services import services_of
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core import lock
from sunbeam.core.journal import Journal
from sunbeam.core.paths import Paths
from sunbeam.core.status import ChangeStatus
from sunbeam.juju.applications import set_config
from sunbeam.juju.controller import Controller
from sunbeam.juju.credentials import Credentials
from sunbeam.substrates.embedded.containers_conf import ContainerFolders
from sunbeam.terraform.backend import StateBackend
from tests.e2e.conftest import PROGRAMS

PATHS = Paths()
SERVICES = services_of(PATHS)
Fault = Iterator[None]


def sunbeam(*words: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    argv = [str(PROGRAMS / "sunbeam"), *words]
    return subprocess.run(argv, capture_output=True, text=True, timeout=timeout)


def run(*argv: str | Path, environment: Mapping[str, str] | None = None) -> str:
    """Raises CalledProcessError."""
    env = {**os.environ, **(environment or {})}
    return subprocess.run(argv, check=True, capture_output=True, text=True, env=env, timeout=60).stdout


def wait_until(holds: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.3)


# What runs.


def restart_daemon() -> None:
    SERVICES.stop("sunbeamd")
    SERVICES.start("sunbeamd")
    wait_until(api_answers, "sunbeamd does not answer")


def api_answers() -> bool:
    async def ask() -> None:
        async with asyncio.timeout(5), Controller(Credentials.from_juju_data(PATHS.juju_data)) as controller:
            await controller.models()

    try:
        asyncio.run(ask())
    except Exception:  # whatever stands in the way
        return False
    return True


def container(unit: str) -> tuple[str, int]:
    """Name and process of the container of a unit (nova/0) or of the first machine (machine-0)."""
    file = next((PATHS.run / "pids").glob(f"{unit.replace('/', '-')}-*.pid"))
    return file.stem, int(file.read_text())


def within(unit: str, *argv: str) -> str:
    return run("nsenter", f"--target={container(unit)[1]}", "--all", "--", *argv)


def pebble(unit: str, action: str, service: str) -> None:
    """POST /v1/services of the container's Pebble."""

    async def ask() -> None:
        folder = f"/proc/{container(unit)[1]}/root/" + ("run" if unit == "machine-0" else "charm/container")
        connector = aiohttp.UnixConnector(path=f"{folder}/pebble.socket")
        async with aiohttp.ClientSession(connector=connector) as session:
            body = {"action": action, "services": [service]}
            async with session.post("http://pebble/v1/services", json=body) as answer:
                assert answer.status == 202, await answer.text()

    asyncio.run(ask())


@contextmanager
def stopped_service(unit: str, service: str) -> Fault:
    pebble(unit, "stop", service)
    try:
        yield
    finally:
        pebble(unit, "start", service)


@contextmanager
def stopped_program(name: str) -> Fault:
    SERVICES.stop(name)
    try:
        yield
    finally:
        SERVICES.start("etcd")
        SERVICES.start("sunbeamd")
        wait_until(api_answers, "sunbeamd does not answer")


# Files.


@contextmanager
def changed(path: Path, content: str | bytes, after: Callable[[], object] = lambda: None) -> Fault:
    """The same file (its inode stays) with another content; ``after`` is done when it is back."""
    before = path.read_bytes()
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    try:
        yield
    finally:
        path.write_bytes(before)
        after()


@contextmanager
def mounted(source: Path, target: Path) -> Fault:
    run("mount", "--bind", source, target)
    try:
        yield
    finally:
        run("umount", target)


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
        run("umount", folder)
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


# Faults that need more than a line.


@contextmanager
def charm_exception() -> Fault:
    """A charm that cannot even be imported, found at its next hook."""
    source = next((PATHS.engine / "units").glob("*/memcached-0/charm")).resolve() / "src/charm.py"

    def configure(size: str) -> None:
        async def ask() -> None:
            async with Controller(Credentials.from_juju_data(PATHS.juju_data)) as controller:
                await set_config(await controller.model("openstack"), "memcached", {"size": size})

        asyncio.run(ask())

    text = source.read_text().replace("import ops\n", "import ops\n\nraise RuntimeError('seeded fault')\n", 1)
    with changed(source, text, lambda: configure("64")):
        configure("65")
        yield
    sunbeam("cluster", "start")


@contextmanager
def image_build_failure() -> Fault:
    from sunbeam.core.shipped import shipped

    recipe = shipped("images") / "memcached/Containerfile"
    broken = recipe.read_text().replace("memcached", "no-such-package-of-debian")
    assert "no-such-package-of-debian" in broken
    with changed(recipe, broken, lambda: sunbeam("cluster", "start")):
        built = sunbeam("image", "build", "memcached")
        assert "could not be built" in built.stderr, built.stderr
        yield


@contextmanager
def interrupted_change() -> Fault:
    process = subprocess.Popen(
        [PROGRAMS / "sunbeam", "image", "build", "memcached"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True, text=True,
    )  # fmt: skip

    def begun() -> bool:
        assert process.poll() is None, process.communicate()
        return _changing() > 0

    try:
        wait_until(begun, "the change does not begin")
        os.kill(_changing(), signal.SIGKILL)
        process.wait()
        yield
    finally:
        process.kill()
        process.wait()
        sunbeam("cluster", "start")


def _changing() -> int:
    """The process that makes a change which is in the journal; 0 if there is none."""
    holder = lock.holder(PATHS.change_lock)
    if holder is None:
        return 0
    with Journal.reading(PATHS.journal) as journal:
        changes = journal.changes() if journal else []
    return holder.pid if changes and changes[0].status is ChangeStatus.DOING else 0


def text_of(path: Path) -> str:
    return path.read_text() if path.exists() else ""


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
    sources = Path("/etc/apt/sources.list")
    others = [
        *Path("/etc/apt/sources.list.d").glob("*.sources"),
        *Path("/etc/apt/sources.list.d").glob("*.list"),
    ]
    for each in others:
        each.rename(f"{each}.away")
    existed = sources.exists()
    before = text_of(sources)
    sources.write_text(f"deb {url} trixie main\n")
    try:
        yield
    finally:
        sources.write_text(before) if existed else sources.unlink()
        for each in others:
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
def out_of_memory() -> Fault:
    """memcached gets more to keep than its container may have; the kernel ends the largest process."""
    pid = container("memcached/0")[1]
    limit = _memory_limit(pid)
    usage = int(
        limit.with_name(
            limit.name.replace("limit_in_bytes", "usage_in_bytes").replace(".max", ".current")
        ).read_text()
    )
    limit.write_text(str(usage + (6 << 20)))
    try:
        _fill_memcached()
        yield
    finally:
        if limit.exists():  # the container was not killed whole
            limit.write_text("-1" if "limit" in limit.name else "max")


def _memory_limit(pid: int) -> Path:
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            return Path("/sys/fs/cgroup/memory") / path.lstrip("/") / "memory.limit_in_bytes"
    return Path("/sys/fs/cgroup") / path.lstrip("/") / "memory.max"


def _fill_memcached() -> None:
    address = json.loads((PATHS.state / "runtime/directory.json").read_text())
    (host,) = [each["address"] for each in address.values() if each["unit"] == "memcached/0"]
    value = b"x" * 500_000
    try:
        with socket.create_connection((host, 11211), timeout=5) as memcached:
            for number in range(80):
                memcached.sendall(b"set seeded%d 0 60 %d\r\n%s\r\n" % (number, len(value), value))
                memcached.recv(100)
    except OSError:
        return  # that is what is wanted


@contextmanager
def missing_image() -> Fault:
    """Its names are taken away, and its container."""
    environment = dict(ContainerFolders(PATHS).environment)
    name, pid = container("memcached/0")
    reference = run("podman", "inspect", "--format", "{{.ImageName}}", name, environment=environment).strip()
    shown = run("podman", "image", "inspect", reference, environment=environment)
    image, names = json.loads(shown)[0]["Id"], json.loads(shown)[0]["RepoTags"]
    run("podman", "untag", image, environment=environment)
    try:
        os.kill(pid, signal.SIGKILL)
        yield
    finally:
        for each in names:
            run("podman", "tag", image, each, environment=environment)
        wait_until(lambda: container("memcached/0")[1] != pid, "memcached does not come back")


@contextmanager
def crash_loop() -> Fault:
    """A container that is ended each time it comes up."""
    log = PATHS.logs / f"containers/{container('memcached/0')[0]}.log"
    for _ in range(3):
        pid, began = container("memcached/0")[1], log.read_text().count("listens on")
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: log.read_text().count("listens on") > began, "it does not come back")  # noqa: B023
        wait_until(lambda: container("memcached/0")[1] != pid, "it does not come back")  # noqa: B023
    yield


@contextmanager
def sql(statement: str, undo: str) -> Fault:
    """In one session: another may not be let in."""
    session = subprocess.Popen(
        ["nsenter", f"--target={container('mariadb/0')[1]}", "--all", "--", "mariadb", "-n", "-BN"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    asked, told = session.stdin, session.stdout
    assert asked is not None and told is not None

    def tell(words: str) -> None:
        asked.write(f"{words}; SELECT 'done';\n")
        asked.flush()
        assert told.readline() == "done\n"

    tell(statement)
    try:
        yield
    finally:
        tell(undo)
        session.communicate()


@contextmanager
def rabbitmq_out_of_memory() -> Fault:
    ctl = (
        *("setpriv", "--reuid=rabbitmq", "--regid=rabbitmq", "--clear-groups"),
        *("env", "HOME=/var/lib/rabbitmq", "RABBITMQ_NODENAME=rabbit@localhost"),
        *("/usr/lib/rabbitmq/bin/rabbitmqctl", "-q"),
    )
    before = within("rabbitmq/0", *ctl, "eval", "vm_memory_monitor:get_vm_memory_high_watermark().").strip()
    limit = before.strip("{}").split(",")[-1].strip('"')
    within("rabbitmq/0", *ctl, "set_vm_memory_high_watermark", "absolute", "1MB")
    try:
        yield
    finally:
        within("rabbitmq/0", *ctl, "set_vm_memory_high_watermark", "absolute", limit)


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
