"""Turns the sources of the service manager into one executable file."""

import io
import zipfile
from pathlib import Path

from sunbeam.core.snapshot import replace_file

_SOURCES = Path(__file__).parent / "manager"
_PACKAGE = "pebble"
_SHEBANG = b"#!/usr/bin/env python3\n"
_MAIN = f"from {_PACKAGE}.command import main\n\nmain()\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def build_pebble(target: Path) -> Path:
    """Write the service manager to ``target``: an executable that any Python from 3.9 on runs by itself.

    The same sources give the same bytes.  Nothing is compressed, so that it starts quickly and needs no zlib.
    The file takes the place of an older one at once; containers that have that one mounted keep it.
    """
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as zipped:
        _store(zipped, "__main__.py", _MAIN)
        for source in sorted(_SOURCES.glob("*.py")):
            _store(zipped, f"{_PACKAGE}/{source.name}", source.read_text(encoding="utf-8"))
    target.parent.mkdir(parents=True, exist_ok=True)
    replace_file(target, _SHEBANG + archive.getvalue(), 0o755)
    return target


def _store(zipped: zipfile.ZipFile, name: str, text: str) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.external_attr = 0o644 << 16
    entry.create_system = 3
    zipped.writestr(entry, text)
