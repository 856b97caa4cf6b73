"""A machine booted by systemd-nspawn on a network of its own; it runs without systemd on this side too."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from tests.e2e.fresh_root import package_folders

NAME = "fresh13"
LINK = f"ve-{NAME}"
GATEWAY = "10.98.76.1"
ADDRESS = "10.98.76.2/24"
TABLE = "sunbeam-fresh"
RULES = f"""\
table ip {TABLE} {{
  chain postrouting {{
    type nat hook postrouting priority srcnat;
    ip saddr {ADDRESS} oifname != "{LINK}" masquerade
  }}
}}
"""
FORWARD = Path("/proc/sys/net/ipv4/ip_forward")
CGROUPS = Path("/sys/fs/cgroup")
BOOT_SECONDS = 90
POWER_OFF_SECONDS = 180


class Machine:
    """``root``: its root file system; beside it lie ``console`` and what must be put back afterwards.

    ``limits``: files of its control groups and their contents.
    """

    def __init__(self, root: Path, limits: Mapping[str, str] = MappingProxyType({})) -> None:
        self._root = root
        self._limits = limits
        self._console = root.parent / "console"
        self._forward = root.parent / "ip_forward"
        self._mark = f"test.machine={root}"
        self._nspawn: subprocess.Popen[bytes] | None = None

    def boot(self) -> None:
        """Returns when systemd inside has started everything.  Raises TimeoutError, AssertionError."""
        with self._console.open("ab") as console:
            self._nspawn = subprocess.Popen(
                self._command(),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
                preexec_fn=lambda: _enter_own_cgroup(self._limits),
            )
        deadline = time.monotonic() + BOOT_SECONDS
        while not Path(f"/sys/class/net/{LINK}").exists():
            self._assert_alive(deadline)
        self._connect()
        while self.run("systemctl", "is-system-running", check=False).strip() not in ("running", "degraded"):
            self._assert_alive(deadline)

    def run(
        self,
        *words: str,
        check: bool = True,
        seconds: float = 60,
        environment: Mapping[str, str] | None = None,
        shown: bool = False,
    ) -> str:
        """Standard output of a command inside; with ``shown`` it goes to ours.  Raises AssertionError."""
        leader = self.leader
        if leader is None:
            assert not check, f"the machine does not run:\n{self._last_lines()}"
            return ""
        settings = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
        done = subprocess.run(
            ["nsenter", "-t", str(leader), "-a", *words],
            stdin=subprocess.DEVNULL,
            stdout=None if shown else subprocess.PIPE,
            stderr=None if shown else subprocess.PIPE,
            text=True,
            env={**settings, **(environment or {})},
            timeout=seconds,
        )
        told = f"{done.stdout or ''}{done.stderr or ''}"
        assert not check or done.returncode == 0, f"{' '.join(words)} ended with {done.returncode}: {told}"
        return done.stdout or ""

    def power_off(self) -> None:
        """An orderly end.  Raises subprocess.TimeoutExpired."""
        assert self._nspawn is not None
        self.run("systemctl", "poweroff", "--no-block")
        self._nspawn.wait(POWER_OFF_SECONDS)

    def remove(self) -> None:
        """Everything that this class made, whoever's run made it; idempotent."""
        self._kill()
        subprocess.run(["nft", "delete", "table", "ip", TABLE], stderr=subprocess.DEVNULL)
        if Path(f"/sys/class/net/{LINK}").exists():
            subprocess.run(["ip", "link", "delete", LINK], check=True)
        if self._forward.exists():
            FORWARD.write_text(self._forward.read_text())
            self._forward.unlink()
        _remove_own_cgroups()

    def _command(self) -> Sequence[str]:
        folders = [f"--bind-ro={folder}" for folder in package_folders()]
        devices = [
            f"--bind=/dev/{name}" for name in ("net/tun", "fuse", "kvm") if Path("/dev", name).exists()
        ]
        scope = [] if Path("/run/systemd/system").is_dir() else ["--keep-unit"]
        return [
            "systemd-nspawn", "--boot", "--timezone=off",
            f"--directory={self._root}", f"--machine={NAME}", "--register=no",
            *scope, "--capability=all", "--network-veth", "--resolv-conf=off", "--link-journal=no",
            "--console=pipe", *devices, *folders,
            # An argument of a container's init counts as kernel command line: the host may have cgroup v1.
            "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1",
            self._mark,
        ]  # fmt: skip

    def _kill(self) -> None:
        """systemd-nspawn and the machine's process 1, which outlives it; the kernel ends the rest."""
        ours = [pid for pid in _processes() if self._mark.encode() in _words(pid)]
        for pid in ours:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self._nspawn is not None:
            self._nspawn.wait(30)
        deadline = time.monotonic() + 30
        while any(self._mark.encode() in _words(pid) for pid in ours):
            assert time.monotonic() < deadline, f"processes {ours} do not end"
            time.sleep(0.1)

    def _connect(self) -> None:
        if not self._forward.exists():
            self._forward.write_text(FORWARD.read_text())
        FORWARD.write_text("1")
        gateway = f"{GATEWAY}/{ADDRESS.partition('/')[2]}"
        subprocess.run(["ip", "address", "replace", gateway, "dev", LINK], check=True)
        subprocess.run(["ip", "link", "set", LINK, "up"], check=True)
        subprocess.run(["nft", "delete", "table", "ip", TABLE], stderr=subprocess.DEVNULL)
        subprocess.run(["nft", "-f", "-"], input=RULES, text=True, check=True)

    @property
    def leader(self) -> int | None:
        """The machine's process 1, by its number here."""
        if self._nspawn is None or self._nspawn.poll() is not None:
            return None
        pid = self._nspawn.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return int(children[0]) if children else None

    def _assert_alive(self, deadline: float) -> None:
        assert self._nspawn is not None
        assert self._nspawn.poll() is None, f"the machine ended:\n{self._last_lines()}"
        assert time.monotonic() < deadline, f"the machine does not come up:\n{self._last_lines()}"
        time.sleep(0.3)

    def _last_lines(self) -> str:
        text = self._console.read_text(errors="replace") if self._console.exists() else ""
        return "\n".join(text.splitlines()[-20:])


def _processes() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]


def _words(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def own_cgroups() -> list[Path]:
    """A child of this process's group in each hierarchy (cgroups(7)): its limits hold for the machine too."""
    groups = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        unified = CGROUPS if (CGROUPS / "cgroup.controllers").exists() else CGROUPS / "unified"
        tree = CGROUPS / controllers.removeprefix("name=") if controllers else unified
        if tree.is_dir():
            groups.append(tree / path.removesuffix(f"/{NAME}").lstrip("/") / NAME)
    return groups


def _enter_own_cgroup(limits: Mapping[str, str]) -> None:
    if Path("/run/systemd/system").is_dir():
        return  # systemd-nspawn asks systemd for a scope
    for group in own_cgroups():
        group.mkdir(exist_ok=True)
        for name in ("cpuset.cpus", "cpuset.mems"):
            if (group / name).exists():
                (group / name).write_text((group.parent / name).read_text())
        for name, text in limits.items():
            if (group / name).exists():
                (group / name).write_text(text)
        (group / "cgroup.procs").write_text("0")


def _remove_own_cgroups() -> None:
    """Raises OSError where processes are still in one."""
    deadline = time.monotonic() + 30
    for group in own_cgroups():
        for folder, _, _ in os.walk(group, topdown=False):
            while True:
                try:
                    Path(folder).rmdir()
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.1)
