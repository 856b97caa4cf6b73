"""Where the folders are that come with Sunbeam: images/, charms/, terraform/, plans/."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


def shipped(name: str) -> Path:
    """The shipped folder ``name``: inside the installed package, or in the checkout it runs from.

    Raises FileNotFoundError.
    """
    for folder in (PACKAGE / "shipped" / name, PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"Sunbeam was installed without its folder {name}")
