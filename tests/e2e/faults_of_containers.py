"""Faults of charms, images, containers and the services in them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count, islice
from pathlib import Path

from sunbeam.juju.applications import set_config
from sunbeam.juju.controller import Controller
from sunbeam.juju.credentials import Credentials
from sunbeam.substrates.embedded.containers_conf import ContainerFolders
from tests.e2e.seeding import (
    PATHS,
    Fault,
    changed,
    container,
    pebble,
    run,
    start_cloud,
    sunbeam,
    wait_until,
    within,
)

CGROUPS = Path("/sys/fs/cgroup")


@contextmanager
def stopped_service(unit: str, service: str) -> Fault:
    pebble(unit, "stop", service)
    try:
        yield
    finally:
        pebble(unit, "start", service)


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
    try:
        with changed(source, text, lambda: configure("64")):
            configure("65")
            yield
    finally:
        start_cloud()


@contextmanager
def image_build_failure() -> Fault:
    from sunbeam.core.shipped import shipped

    recipe = shipped("images") / "memcached/Containerfile"
    broken = recipe.read_text().replace("memcached", "no-such-package-of-debian")
    assert "no-such-package-of-debian" in broken

    def build_fails() -> bool:  # for that reason; a mirror may have others
        built = sunbeam("image", "build", "memcached")
        return built.returncode == 1 and "no-such-package-of-debian" in built.stdout + built.stderr

    with changed(recipe, broken, start_cloud):
        wait_until(build_fails, "the build does not fail")
        yield


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
    """A container that is ended each time it comes up, at last every twenty seconds."""
    over = threading.Event()

    def go_on() -> None:
        while not over.wait(20):
            _end_memcached()

    for _ in range(3):
        _end_memcached()
    with ThreadPoolExecutor(1) as killer:
        going_on = killer.submit(go_on)
        try:
            yield
        finally:
            over.set()
            going_on.result()


def _end_memcached() -> None:
    """Returns when its container is up again."""
    name, pid = container("memcached/0")
    log = PATHS.logs / f"containers/{name}.log"
    began = log.read_text().count("listens on")
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: log.read_text().count("listens on") > began, "it does not come back")
    wait_until(lambda: container("memcached/0")[1] != pid, "it does not come back")


@contextmanager
def out_of_memory() -> Fault:
    """memcached gets more to keep than its container may have; the kernel ends the largest process."""
    wait_until(_memcached_answers, "memcached does not answer")  # the fault before may have ended it
    limit = _memory_limit(container("memcached/0")[1])
    group = str(limit.parent).removeprefix(str(CGROUPS / "memory")).removeprefix(str(CGROUPS))
    before, numbers = _last_kill(group), count()

    def limited() -> bool:
        try:
            limit.write_text(str(_own_memory(limit) + (12 << 20)))
        except OSError:  # not all that it must give up is on the disk yet
            return False
        return True

    def killed() -> bool:
        _fill_memcached(numbers)
        return _last_kill(group) != before

    wait_until(limited, "its memory cannot be limited")
    try:
        wait_until(killed, "the kernel killed nothing")
        yield
    finally:
        if limit.exists():  # the container was not killed whole
            limit.write_text("-1" if "limit" in limit.name else "max")


def _last_kill(group: str) -> str:
    """What the kernel's log, which forgets its first lines, tells last of a lack of memory in that group."""
    told = [line for line in run("dmesg").splitlines() if "oom-kill:" in line and group in line]
    return told[-1] if told else ""


def _own_memory(limit: Path) -> int:
    """Bytes that no file backs: the rest of a control group's memory is given up when it is wanted."""
    words = dict(line.split() for line in limit.with_name("memory.stat").read_text().splitlines())
    return int(words.get("anon") or words["rss"])


def _memory_limit(pid: int) -> Path:
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            return CGROUPS / "memory" / path.lstrip("/") / "memory.limit_in_bytes"
    return CGROUPS / path.lstrip("/") / "memory.max"


def _memcached() -> socket.socket:
    directory = json.loads((PATHS.state / "runtime/directory.json").read_text())
    (host,) = [each["address"] for each in directory.values() if each["unit"] == "memcached/0"]
    return socket.create_connection((host, 11211), timeout=20)


def _memcached_answers() -> bool:
    with suppress(OSError), _memcached() as memcached:
        memcached.sendall(b"version\r\n")
        return memcached.recv(100).startswith(b"VERSION")
    return False


def _fill_memcached(numbers: Iterator[int]) -> None:
    """Keep 40 MB more.  The connection is lost when it is killed, or while the kernel looks for room."""
    value = b"x" * 500_000
    with suppress(OSError), _memcached() as memcached:
        for number in islice(numbers, 80):
            memcached.sendall(b"set seeded%d 0 60 %d\r\n%s\r\n" % (number, len(value), value))
            memcached.recv(100)


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
