"""Where the folders are that come with Sunbeam: images/, charms/, terraform/, plans/."""

from __future__ import annotations

import hashlib
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


def code_digest() -> str:
    """Of every Python file of the package: what a long-running program was started from."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(f"{path.relative_to(PACKAGE)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def shipped(name: str) -> Path:
    """The shipped folder ``name``: inside the installed package, or in the checkout it runs from.

    Raises FileNotFoundError.
    """
    for folder in (PACKAGE / "shipped" / name, PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"Sunbeam was installed without its folder {name}")
