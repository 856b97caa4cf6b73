"""Settings for podman that belong to Sunbeam alone: /etc/containers is never read nor written."""

from __future__ import annotations

import json
import resource
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sunbeam.core.paths import Paths
from sunbeam.core.private import private_folder

OPEN_FILES = 65536
PROCESSES = 16384
HELPERS = ("usr/lib/podman", "usr/libexec/podman", "usr/local/lib/podman", "usr/local/libexec/podman")
LOG_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True)
class ContainerSettings:
    """How containers can run on this machine; ``nofile`` and ``nproc`` are the limits of a process.

    ``netavark``: it is installed.  Podman 5 does not start without it, podman 4 does unless it is named.
    """

    runtime: str
    cgroup_manager: str
    nofile: int
    nproc: int
    netavark: bool = True

    @classmethod
    def detect(cls, root: Path = Path("/")) -> ContainerSettings:
        """crun works on pure cgroup v2 only; the systemd manager needs systemd as process 1 as well."""
        unified = (root / "sys/fs/cgroup/cgroup.controllers").exists()
        systemd = (root / "run/systemd/system").is_dir()
        return cls(
            runtime="crun" if unified and shutil.which("crun") else "runc",
            cgroup_manager="systemd" if unified and systemd else "cgroupfs",
            nofile=_at_most(resource.RLIMIT_NOFILE, OPEN_FILES),
            nproc=_at_most(resource.RLIMIT_NPROC, PROCESSES),
            netavark=any((root / folder / "netavark").exists() for folder in HELPERS),
        )


def _at_most(limit: int, wanted: int) -> int:
    hard = resource.getrlimit(limit)[1]
    return wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)


@dataclass(frozen=True)
class ContainerFolders:
    """Where podman keeps what is ours, apart from the images and containers of the machine's owner."""

    paths: Paths

    @property
    def storage(self) -> Path:
        return self.paths.state / "containers"

    @property
    def temporary(self) -> Path:
        return self.storage / "tmp"

    @property
    def run(self) -> Path:
        return self.paths.run / "containers"

    @property
    def pids(self) -> Path:
        """Files with the process ids of each container and of its conmon."""
        return self.paths.run / "pids"

    @property
    def containers_conf(self) -> Path:
        return self.storage / "containers.conf"

    @property
    def storage_conf(self) -> Path:
        return self.storage / "storage.conf"

    @property
    def in_use(self) -> bool:
        """Whether podman may hold something of ours; to ask it makes these folders."""
        return self.storage_conf.exists() and shutil.which("podman") is not None

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            "CONTAINERS_CONF": str(self.containers_conf),
            "CONTAINERS_STORAGE_CONF": str(self.storage_conf),
            "TMPDIR": str(self.temporary),
        }


def write(folders: ContainerFolders, settings: ContainerSettings) -> None:
    """Write both files (and the folders they name) unless they already say the same."""
    _forget_previous_boot(folders.run)
    private_folder(folders.paths.state)
    for folder in (folders.storage, folders.temporary):
        folder.mkdir(parents=True, exist_ok=True)
    _write_changed(
        folders.containers_conf,
        {
            "containers": {
                "default_ulimits": [
                    f"nofile={settings.nofile}:{settings.nofile}",
                    f"nproc={settings.nproc}:{settings.nproc}",
                ],
                # Other containers refuse their guests a key ring, and root's quota is 200 keys.
                "keyring": False,
                # Pods reach each other, and a password has no place in a container's description.
                "http_proxy": False,
                "log_driver": "k8s-file",
                "log_size_max": LOG_BYTES,
            },
            "engine": {
                "runtime": settings.runtime,
                "cgroup_manager": settings.cgroup_manager,
                "events_logger": "none",
                "tmp_dir": str(folders.run / "libpod"),
                "image_copy_tmp_dir": str(folders.temporary),
            },
            "network": {
                **({"network_backend": "netavark"} if settings.netavark else {}),
                "network_config_dir": str(folders.storage / "networks"),
            },
        },
    )
    _write_changed(
        folders.storage_conf,
        {
            "storage": {
                "driver": "overlay",
                "graphroot": str(folders.storage / "storage"),
                "runroot": str(folders.run / "storage"),
            }
        },
    )


def _forget_previous_boot(folder: Path, root: Path = Path("/")) -> None:
    """Empty podman's run-time state if it is from before this boot: /run is not always in memory."""
    marker = folder / "boot-id"
    current = (root / "proc/sys/kernel/random/boot_id").read_text()
    if marker.exists() and marker.read_text() != current:
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    marker.write_text(current)


def _write_changed(path: Path, sections: Mapping[str, Mapping[str, object]]) -> None:
    lines = []
    for section, values in sections.items():
        lines += [f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
    text = "\n".join(lines) + "\n"
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
