"""This machine seen from namespaces of its own, in which a test may break what it likes.

Files below /etc and /var/lib are layers over the real ones, Sunbeam's folders there, /run and the network are
empty, the host name is another: nothing of it is seen outside, and all of it ends with the script.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAMESPACES = ("--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--uts")
SECONDS = 90
PROGRAM = f"{sys.executable} -m sunbeam"
SERVERS = Path(__file__).with_name("servers.py")


@dataclass
class Answer:
    """How a script ended; ``found`` are the findings of ``sunbeam check --format json``, by their id."""

    code: int
    stdout: str
    stderr: str

    @property
    def found(self) -> dict[str, dict[str, Any]]:
        return {problem["id"]: problem for problem in json.loads(self.stdout)["problems"]}

    @property
    def statuses(self) -> dict[str, str]:
        return {check["id"]: check["status"] for check in json.loads(self.stdout)["checks"]}


@dataclass
class NamespaceMachine:
    """``setup`` are shell lines that run before the command."""

    folder: Path
    setup: list[str] = field(default_factory=list)

    def write(self, path: str, text: str) -> None:
        """Write a file below /etc or /var/lib when the machine starts."""
        source = self.folder / path.strip("/").replace("/", "_")
        source.write_text(text)
        self.setup.append(f"rm -rf {path}; mkdir -p {Path(path).parent}; cp {source} {path}")

    def mirror(self, url: str, *server: str) -> None:
        """apt's only archive is ``url``; ``server`` are words for servers.py, which answers it."""
        self.setup.append("rm -rf /etc/apt/sources.list.d/*")
        self.write("/etc/apt/sources.list", f"deb [trusted=yes] {url} bookworm main\n")
        if server:
            self.serve(*server)

    def interface(self, name: str, address: str) -> None:
        self.setup += [
            f"ip link add {name} type bridge",
            f"ip address add {address} dev {name}",
            f"ip link set {name} up",
        ]

    def serve(self, *words: str) -> None:
        ready = self.folder / f"ready{len(self.setup)}"
        command = f"{sys.executable} {SERVERS} {ready} {' '.join(words)}"
        self.setup.append(f"{command} & while [ ! -e {ready} ]; do sleep 0.05; done")

    def run(self, script: str) -> Answer:
        layers = [self._layer(path) for path in ("/etc", "/var/lib")]
        layers += [self._empty(path) for path in ("/etc/sunbeam", "/var/lib/sunbeam")]
        (self.folder / "tmp").mkdir()
        layers.append(self._own_sysfs())
        lines = [
            "set -e",
            *layers,
            "mount -t tmpfs run /run",
            "ip link set lo up",
            "hostname lonely",
            *self.setup,
        ]
        lines += ["set +e", script]
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8"}
        environment["TMPDIR"] = str(self.folder / "tmp")
        done = subprocess.run(
            ["unshare", *NAMESPACES, "sh", "-c", "\n".join(lines)],
            capture_output=True, text=True, timeout=SECONDS, env=environment, check=False,
        )  # fmt: skip
        return Answer(done.returncode, done.stdout, done.stderr)

    def check(self, *words: str) -> Answer:
        return self.run(f"{PROGRAM} check --format json {' '.join(words)}")

    def _layer(self, path: str) -> str:
        upper, work = (self.folder / f"{kind}{path.replace('/', '_')}" for kind in ("upper", "work"))
        upper.mkdir()
        work.mkdir()
        return f"mount -t overlay -o lowerdir={path},upperdir={upper},workdir={work} layer {path}"

    def _own_sysfs(self) -> str:
        """Shows the interfaces of this network namespace only; cgroups stay as they are."""
        kept = self.folder / "cgroup"
        kept.mkdir()
        return (
            f"mount --rbind /sys/fs/cgroup {kept} && mount -t sysfs sysfs /sys"
            f" && mount --rbind {kept} /sys/fs/cgroup"
        )

    def _empty(self, path: str) -> str:
        """No cloud is on this machine, whatever is on the one around it."""
        folder = self.folder / path.strip("/").replace("/", "_")
        folder.mkdir()
        return f"mkdir -p {path} && mount --bind {folder} {path}"
