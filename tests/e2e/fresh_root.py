"""The root file system of a minimal machine: systemd, a network tool, apt, and nothing else.

It is Debian 13, or Ubuntu 24.04 from a mirror that somebody names; that one has the Debian mirror of this
machine as a disabled source.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from sunbeam.images.mirrors import SUITE, apt_sources

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGES = ("systemd", "systemd-sysv", "dbus", "iproute2", "ca-certificates")
UBUNTU_SUITE = "noble"
BUILD_SECONDS = 600
AUTHORITIES = Path("usr/local/share/ca-certificates")
SETTINGS = ("etc/pip.conf", "etc/npmrc", "root/.config/pip/pip.conf")
"""How this machine reaches the Python index and npm; its apt mirror is written by mmdebstrap."""
PASSED_ON = re.compile(r"(PIP_|UV_|npm_config_|SSL_CERT_|NODE_EXTRA_CA|\w+_proxy$)", re.IGNORECASE)
WRITABLE_CGROUPS = """\
[Unit]
Description=Make the cgroup trees writable, as on a machine that is not a container
DefaultDependencies=no
Before=sysinit.target

[Service]
Type=oneshot
ExecStart=/bin/sh -c 'for c in /sys/fs/cgroup /sys/fs/cgroup/*/; do mount -o remount,rw,bind "$c"; done; true'

[Install]
WantedBy=sysinit.target
"""
NETWORK = "[Match]\nName=host0\n\n[Network]\nAddress={address}\nGateway={gateway}\n"


def archive(cache: Path, ubuntu: str) -> Path:
    """A tar of the untouched root file system, built once for each mirror and set of packages."""
    suite, packages, lines = SUITE, [*PACKAGES], [archive.line for archive in apt_sources()]
    if ubuntu:  # whose keys come with it
        suite, packages = UBUNTU_SUITE, [*PACKAGES, "apt", "ubuntu-keyring"]
        lines = [f"deb [trusted=yes] {ubuntu} {name} main universe" for name in (suite, f"{suite}-updates")]
    sources = "\n".join(lines) + "\n"
    key = hashlib.sha256(f"{suite} {packages} {sources}".encode()).hexdigest()[:12]
    target = cache / f"root-{key}.tar"
    if not target.exists():
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = cache / "unfinished.tar"
        subprocess.run(
            [
                "mmdebstrap",
                "--quiet",
                "--variant=minbase",
                f"--include={','.join(packages)}",
                suite,
                unfinished,
                *(["-"] if sources.strip() else []),
            ],
            input=sources,
            text=True,
            timeout=BUILD_SECONDS,
            check=True,
        )
        unfinished.rename(target)
    return target


def unpack(cache: Path, root: Path, *, ubuntu: str, address: str, gateway: str) -> None:
    """A machine's own copy in ``root``, with its network, this machine's registries and the checkout."""
    root.mkdir(parents=True)
    root.parent.chmod(0o700)
    subprocess.run(["tar", "-xf", archive(cache, ubuntu), "-C", root], timeout=120, check=True)
    if ubuntu:
        _name_mirrors(root / "etc/apt")
    (root / "etc/systemd/system/writable-cgroups.service").write_text(WRITABLE_CGROUPS)
    network = root / "etc/systemd/network/10-host0.network"
    network.write_text(NETWORK.format(address=address, gateway=gateway))
    resolved = Path("/run/systemd/resolve/resolv.conf")
    shutil.copy(resolved if resolved.exists() else "/etc/resolv.conf", root / "etc/resolv.conf")
    for name in SETTINGS:
        if (Path("/") / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(Path("/") / name, root / name)
    shutil.copytree(Path("/") / AUTHORITIES, root / AUTHORITIES, dirs_exist_ok=True)
    for words in (
        ["update-ca-certificates"],
        ["systemctl", "--quiet", "enable", "writable-cgroups.service", "systemd-networkd.service"],
    ):
        subprocess.run(["chroot", root, *words], timeout=60, check=True, capture_output=True)
    _copy_checkout(root / "root/sunbeam")


def _name_mirrors(apt: Path) -> None:
    """Ubuntu's own with its keys, this machine's of Debian for images only."""
    own = apt / "sources.list"
    own.write_text(own.read_text().replace("[trusted=yes] ", ""))
    stanzas = [
        f"Types: deb\nURIs: {archive.uri}\nSuites: {archive.suite}\nComponents: main\nEnabled: no\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
        for archive in apt_sources()
    ]
    (apt / "sources.list.d/debian.sources").write_text("\n".join(stanzas))


def environment() -> dict[str, str]:
    """This machine's settings for registries and certificates, for commands inside the other one."""
    return {name: value for name, value in os.environ.items() if PASSED_ON.match(name)}


def package_folders() -> list[Path]:
    """Folders of this machine that its pip takes packages from; the other machine's pip needs them too."""
    texts = [(Path("/") / name).read_text() for name in SETTINGS if (Path("/") / name).is_file()]
    return sorted({folder for text in [*texts, *environment().values()] for folder in _folders(text)})


def _folders(text: str) -> Iterator[Path]:
    for word in re.findall(r"(?:file://|(?<=[\s=])|^)(/[^\s=]+)", text):
        if Path(word).is_dir() and not word.startswith("/etc/"):
            # An index (PEP 503) links to files beside itself.
            yield Path(word).parent if Path(word).name == "simple" else Path(word)


def _copy_checkout(target: Path) -> None:
    """What git tracks, as it is in the work tree now."""
    target.mkdir()
    tracked = subprocess.run(
        ["git", "-C", CHECKOUT, "ls-files", "-z"], capture_output=True, timeout=60, check=True
    ).stdout.split(b"\0")
    there = b"\0".join(name for name in tracked if name and os.path.lexists(CHECKOUT / os.fsdecode(name)))
    packed = subprocess.run(
        ["tar", "-C", CHECKOUT, "--null", "-T", "-", "-c"],
        input=there,
        capture_output=True,
        timeout=60,
        check=True,
    ).stdout
    subprocess.run(["tar", "-C", target, "--no-same-owner", "-x"], input=packed, timeout=60, check=True)
