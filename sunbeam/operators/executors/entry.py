"""Whether a charm can run in a warm interpreter: its dispatch only starts a Python script."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

_SCRIPT = re.compile(r"(?:^|[\s\"'/])(src/[\w./-]+\.py)\b")
_PYTHONPATH = re.compile(r"PYTHONPATH=[\"']?([^\s\"']+)")
_OWN_FOLDER = re.compile(r"^(?:\$\{?\w+\}?|\.)/")
_DEFAULT_PATH = "lib:venv"


@dataclass(frozen=True)
class Entry:
    """``script`` and ``python_path`` are relative to the charm's folder."""

    script: str
    python_path: tuple[str, ...]


def find_entry(charm: Path) -> Entry | None:
    """The Python entry of the charm in ``charm``; None if only its own dispatch knows how to run it.

    A charm whose virtual environment is of another Python version than ours is such a one.
    """
    dispatch = charm / "dispatch"
    if not dispatch.is_file():
        return None
    text = dispatch.read_text(errors="replace")
    script = _SCRIPT.search(text)
    if not text.startswith("#!") or script is None or not (charm / script[1]).is_file():
        return None
    declared = _PYTHONPATH.search(text)
    folders = [_OWN_FOLDER.sub("", part) for part in (declared[1] if declared else _DEFAULT_PATH).split(":")]
    path = [folder for folder in folders if folder and "$" not in folder]
    if (charm / "venv/pyvenv.cfg").exists():
        packages = f"venv/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
        if not (charm / packages).is_dir():
            return None
        path.append(packages)
    return Entry(script[1], tuple(path))
