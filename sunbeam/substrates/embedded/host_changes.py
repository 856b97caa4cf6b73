"""The record of what was changed on the host outside our own folders, so that it can be put back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sunbeam.core.private import private_folder
from sunbeam.core.snapshot import replace_file

RUNTIME_FOLDERS = (
    Path("/run/netns"),
    Path("/run/runc"),
    Path("/run/crun"),
    Path("/run/libpod"),
    Path("/run/containers"),
    Path("/var/lib/containers"),
)
"""What iproute2, podman and its runtimes make beside the folders they are told to use."""


@dataclass(frozen=True)
class TakenInterface:
    """How a network interface was before it became a port of ours.

    ``addresses`` have their prefix; ``routes`` are arguments of `ip` that bring them back.
    """

    name: str
    up: bool
    addresses: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()


class HostChanges:
    """Kept in ``file``: the value each kernel setting had before, the folders that were not there, and the
    network interface that was taken."""

    def __init__(self, file: Path, root: Path = Path("/")) -> None:
        self._file = file
        self._root = root

    @property
    def sysctls(self) -> dict[str, str]:
        return dict(self._read().get("sysctls", {}))

    @property
    def folders(self) -> list[Path]:
        return [Path(name) for name in self._read().get("folders", [])]

    def set_sysctl(self, key: str, value: str) -> None:
        """Set a kernel setting (``net.ipv4.ip_forward``); the record comes first."""
        path = self._sysctl(key)
        before = path.read_text().strip()
        if before != value:
            self._write(sysctls={key: before, **self.sysctls})
            path.write_text(value)

    def note_folders(self, folders: Iterable[Path] = RUNTIME_FOLDERS) -> None:
        """Remember which are not there yet: a program is about to make them."""
        known = self.folders
        missing = [each for each in folders if each not in known and not self._on_host(each).exists()]
        if missing:
            self._write(folders=[str(each) for each in [*known, *missing]])

    @property
    def interface(self) -> TakenInterface | None:
        found = self._read().get("interface")
        if not found:
            return None
        return TakenInterface(found["name"], found["up"], tuple(found["addresses"]), tuple(found["routes"]))

    def note_interface(self, before: TakenInterface) -> None:
        self._write(interface=asdict(before))

    def forget_interface(self) -> None:
        self._write(interface=None)

    def undo(self) -> None:
        """Put settings back; remove noted folders in which nobody else has kept anything since."""
        for key, before in self.sysctls.items():
            if self._sysctl(key).exists():
                self._sysctl(key).write_text(before)
        for folder in self.folders:
            _remove_husk(self._on_host(folder))
        self._file.unlink(missing_ok=True)

    def _sysctl(self, key: str) -> Path:
        return self._root / "proc/sys" / key.replace(".", "/")

    def _on_host(self, path: Path) -> Path:
        return self._root / path.relative_to("/")

    def _read(self) -> dict[str, Any]:
        return dict(json.loads(self._file.read_text())) if self._file.exists() else {}

    def _write(self, **changed: object) -> None:
        private_folder(self._file.parent)
        replace_file(self._file, json.dumps({**self._read(), **changed}, indent=1).encode(), 0o644)


def _remove_husk(folder: Path) -> None:
    """Remove podman's cache of where image layers came from, and folders without any file."""
    if not folder.is_dir():
        return
    for cache in folder.glob("cache/blob-info-cache-*"):
        cache.unlink()
    for below in sorted((each for each in folder.rglob("*") if each.is_dir()), reverse=True):
        if not any(below.iterdir()):
            below.rmdir()
    if not any(folder.iterdir()):
        folder.rmdir()
