"""The record of what was changed on the host outside our own folders, so that it can be put back."""

from __future__ import annotations

import json
from pathlib import Path


class HostChanges:
    """``sysctls`` holds the value a key had before us; ``folders`` are those that did not exist before us."""

    def __init__(self, file: Path, root: Path = Path("/")) -> None:
        self._file = file
        self._root = root
        stored = json.loads(file.read_text()) if file.exists() else {}
        self.sysctls: dict[str, str] = stored.get("sysctls", {})
        self.folders: list[str] = stored.get("folders", [])

    def set_sysctl(self, key: str, value: str) -> None:
        path = self._sysctl(key)
        before = path.read_text().strip()
        if before != value:
            self.sysctls.setdefault(key, before)
            self._write()
            path.write_text(value)

    def note_folder(self, folder: Path) -> None:
        """Remember ``folder`` if it is not there yet: a program is about to make it."""
        name = str(folder)
        if name not in self.folders and not (self._root / name.lstrip("/")).exists():
            self.folders.append(name)
            self._write()

    def undo_sysctls(self) -> None:
        for key, before in self.sysctls.items():
            path = self._sysctl(key)
            if path.exists():
                path.write_text(before)

    def _sysctl(self, key: str) -> Path:
        return self._root / "proc/sys" / key.replace(".", "/")

    def _write(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._file.with_name(self._file.name + ".new")
        temporary.write_text(json.dumps({"sysctls": self.sysctls, "folders": self.folders}, indent=1))
        temporary.replace(self._file)
