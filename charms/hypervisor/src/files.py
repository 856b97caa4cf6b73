"""Files this charm owns: written whole, only when they differ, never half."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from process import Run

Sections = dict[str, dict[str, object]]


@dataclass(frozen=True)
class File:
    """A wanted file; ``path`` is absolute on the machine, ``group`` may read it when ``mode`` says so."""

    path: str
    text: str
    mode: int = 0o640
    group: str = "root"


def ini(sections: Sections) -> str:
    """The sections as an oslo.config file; booleans become true and false, None is left out."""
    lines: list[str] = []
    for name, options in sections.items():
        lines.append(f"[{name}]")
        for key, value in options.items():
            if value is not None:
                lines.append(f"{key} = {str(value).lower() if isinstance(value, bool) else value}")
        lines.append("")
    return "\n".join(lines)


def write(run: Run, root: Path, file: File) -> bool:
    """Make ``file`` what it should be; tell whether it changed.  It appears with its final owner and mode."""
    path = root / file.path.lstrip("/")
    if path.exists() and path.read_text() == file.text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    new.write_text(file.text)
    if file.group != "root":
        run(["chgrp", file.group, str(new)])
    new.chmod(file.mode)
    new.replace(path)
    return True


def digest(*files: File) -> str:
    """One short digest of the content of all ``files``."""
    return hashlib.sha256("\0".join(f"{file.path}\0{file.text}" for file in files).encode()).hexdigest()[:16]
