import ast
import stat
import sys
import zipfile
from pathlib import Path

import sunbeam.operators.pebble
from sunbeam.operators.pebble import build_pebble

SOURCES = sorted((Path(sunbeam.operators.pebble.__file__).parent / "manager").glob("*.py"))
HEAVY = {"asyncio", "dataclasses", "datetime", "email", "http", "logging", "pathlib", "typing", "urllib"}


def test_the_same_sources_give_the_same_executable(tmp_path: Path) -> None:
    first, second = build_pebble(tmp_path / "bin/pebble"), build_pebble(tmp_path / "other")
    assert first == tmp_path / "bin/pebble"
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes().startswith(b"#!/usr/bin/env python3\n")
    assert stat.S_IMODE(first.stat().st_mode) == 0o755
    assert zipfile.ZipFile(first).testzip() is None
    assert [entry.name for entry in first.parent.iterdir()] == ["pebble"]


def test_it_can_be_written_over_one_that_runs(tmp_path: Path) -> None:
    old = build_pebble(tmp_path / "pebble").stat().st_ino
    assert build_pebble(tmp_path / "pebble").stat().st_ino != old


def test_sources_are_for_python_3_9_and_its_library_alone() -> None:
    for source in SOURCES:
        tree = ast.parse(source.read_text(), feature_version=(3, 9))
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names.append(str(node.module))
            for name in names:
                assert name.split(".")[0] in {*sys.stdlib_module_names, "__future__"}, source


def test_nothing_heavy_is_imported_when_it_runs() -> None:
    for source in SOURCES:
        for node in ast.parse(source.read_text()).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) and not node.level else []
            assert not HEAVY & {name.split(".")[0] for name in names}, source
