from __future__ import annotations

from pathlib import Path

import pytest

from sunbeam.core.shipped import shipped
from sunbeam.images.recipes import load_recipes


def recipe(folder: Path, name: str, parent: str) -> Path:
    (folder / name).mkdir(parents=True)
    origin = "scratch" if not parent else f"localhost/sunbeam/{parent}:${{BASE}}"
    file = folder / name / "Containerfile"
    file.write_text(f"# {name}\nARG BASE\nFROM {origin}\nRUN true\n")
    return file


def test_a_change_of_a_parent_changes_the_digest_of_what_is_built_from_it_alone(tmp_path: Path) -> None:
    base = recipe(tmp_path, "base", "")
    recipe(tmp_path, "left", "base")
    recipe(tmp_path, "leaf", "left")
    recipe(tmp_path, "other", "")
    before = {name: each.digest for name, each in load_recipes(tmp_path).items()}
    base.write_text(base.read_text() + "RUN something\n")
    after = {name: each.digest for name, each in load_recipes(tmp_path).items()}
    assert {name for name in before if before[name] != after[name]} == {"base", "left", "leaf"}


def test_circles_and_unknown_parents_are_refused(tmp_path: Path) -> None:
    recipe(tmp_path, "a", "b")
    recipe(tmp_path, "b", "a")
    with pytest.raises(ValueError, match="cannot be built from"):
        load_recipes(tmp_path)


def test_shipped_recipes_load_parents_first() -> None:
    names = list(load_recipes(shipped("images")))
    assert names.index("base") < names.index("openstack") < names.index("hypervisor")
