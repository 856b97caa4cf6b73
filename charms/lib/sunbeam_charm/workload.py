"""What should run in a workload container, and how to make it so through Pebble."""

import hashlib
import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import ops

HASH_VARIABLE = "SUNBEAM_FILES"
PACKAGES_FILE = "/etc/image-packages"
START_SECONDS = 600.0
"""For all services of a container; on a slow machine each takes long to stop and start."""


@dataclass(frozen=True)
class File:
    """A file in the container; its folder is made if needed."""

    path: str
    content: str = field(repr=False)
    user: str = "root"
    group: str = "root"
    mode: int = 0o640


@dataclass(frozen=True)
class Service:
    """A long-running process.  It restarts when one of ``files`` changes (None: any file of the workload)."""

    name: str
    command: str
    user: str = ""
    group: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] | None = None
    working_dir: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Workload:
    """Everything a container should hold; ``checks`` are Pebble's own dictionaries."""

    files: tuple[File, ...] = ()
    services: tuple[Service, ...] = ()
    checks: Mapping[str, ops.pebble.CheckDict] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """A command that one unit runs once for each ``key`` (and package version), with the files it needs.

    It must be repeatable: a hook that fails after it runs it again.
    """

    name: str
    key: str
    command: tuple[str, ...]
    files: tuple[File, ...] = ()
    user: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    stdin: str | None = field(default=None, repr=False)
    timeout: float = 3600.0

    def run(self, container: ops.Container) -> None:
        """Raises ops.pebble.ExecError with the end of the command's output."""
        push(container, self.files)
        run(
            container,
            *self.command,
            user=self.user,
            environment=self.environment,
            stdin=self.stdin,
            timeout=self.timeout,
        )


def digest(*parts: str) -> str:
    """A short fingerprint of some texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def run(
    container: ops.Container,
    *command: str,
    user: str | None = None,
    environment: Mapping[str, str] | None = None,
    stdin: str | None = None,
    timeout: float = 600.0,
) -> str:
    """Run a command in the container and return its output.  Secrets go by ``stdin`` or ``environment``.

    Raises ops.pebble.ExecError with the last 1000 characters the command said.
    """
    process = container.exec(
        list(command),
        user=user,
        environment=dict(environment or {}),
        stdin=stdin,
        timeout=timeout,
        encoding="utf-8",
    )
    try:
        return process.wait_output()[0]
    except ops.pebble.ExecError as error:
        # The end of a traceback says why; the text of this exception shows the beginning.
        end = (error.stderr or "")[-1000:]
        raise ops.pebble.ExecError(error.command, error.exit_code, error.stdout, end) from None


def wait_until(holds: Callable[[], bool], what: str, timeout: float, pause: float = 0.2) -> None:
    """Return when ``holds`` does.  Raises TimeoutError, naming ``what`` was awaited."""
    end = time.monotonic() + timeout
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"Waited {timeout:.0f} s for this to become true: {what}.")
        time.sleep(pause)


def package_version(container: ops.Container, package: str) -> str:
    """The version of a Debian package in the image; empty where the image has no list of its packages."""
    try:
        listing = container.pull(PACKAGES_FILE).read()
    except ops.pebble.PathError:
        return ""
    versions = dict(line.split(" ", 1) for line in listing.splitlines() if " " in line)
    return versions.get(package, "").partition(":")[2] or versions.get(package, "")


def push(container: ops.Container, files: tuple[File, ...]) -> None:
    """Write those files whose content differs."""
    changed = [file for file in files if content(container, file.path) != file.content]
    for file in changed:
        container.push(
            file.path,
            io.BytesIO(file.content.encode()),
            make_dirs=True,
            permissions=file.mode,
            user=file.user,
            group=file.group,
        )


def own_folder(container: ops.Container, path: str, user: str, mode: int = 0o750) -> None:
    """Make a folder, or take over the root of a storage, for a service's user."""
    container.make_dir(path, make_parents=True, user=user, group=user, permissions=mode)
    folder = container.list_files(path, itself=True)[0]
    if folder.user != user:
        run(container, "chown", f"{user}:{user}", path)
        run(container, "chmod", f"{mode:o}", path)


def apply(container: ops.Container, workload: Workload) -> None:
    """Write changed files, then start what does not run and restart what changed."""
    push(container, workload.files)
    layer = ops.pebble.Layer(_layer(workload))
    plan = container.get_plan()
    running = container.get_services()
    unchanged = plan.services == layer.services and plan.checks == layer.checks
    if unchanged and all(name in running and running[name].is_running() for name in layer.services):
        return
    container.add_layer("sunbeam", layer, combine=True)
    container.pebble.replan_services(timeout=START_SECONDS)


def http_check(port: int, path: str = "/", level: str = "ready") -> ops.pebble.CheckDict:
    """Ask an API on this pod every half minute."""
    return {
        "override": "replace",
        "level": level,
        "period": "30s",
        "timeout": "10s",
        "threshold": 3,
        "http": {"url": f"http://127.0.0.1:{port}{path}"},
    }


def tcp_check(port: int, level: str = "alive") -> ops.pebble.CheckDict:
    """See every half minute that a port of this pod takes connections."""
    return {
        "override": "replace",
        "level": level,
        "period": "30s",
        "timeout": "5s",
        "threshold": 3,
        "tcp": {"port": port},
    }


def _layer(workload: Workload) -> ops.pebble.LayerDict:
    services: dict[str, Any] = {}
    for service in workload.services:
        watched = [
            file.path + "\0" + file.content
            for file in workload.files
            if service.files is None or file.path in service.files
        ]
        definition: dict[str, Any] = {
            "override": "replace",
            "summary": service.name,
            "command": service.command,
            "startup": "enabled",
            "environment": {**service.environment, HASH_VARIABLE: digest(*watched)},
            **service.options,
        }
        named = {"user": service.user, "group": service.group, "working-dir": service.working_dir}
        services[service.name] = definition | {key: value for key, value in named.items() if value}
    return {"services": services, "checks": dict(workload.checks)}


def content(container: ops.Container, path: str) -> str | None:
    """A file's text, or None where there is no file."""
    try:
        with container.pull(PurePosixPath(path)) as file:
            return file.read()
    except ops.pebble.PathError:
        return None
