"""Files that commands write where a person says: nothing of theirs is lost, and no half of one stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sunbeam.cli.main import main
from sunbeam.cli.written_file import write_file
from sunbeam.core.errors import UsageError

TITLE = "Zürich ☀"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    file = tmp_path / "mine.yaml"
    file.write_text(f"schema: 1\nname: {TITLE}\n", encoding="utf-8")
    return file


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(words)
    told = capsys.readouterr().err
    assert ended.value.code == 2 and "Traceback" not in told
    return told


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
@pytest.mark.usefixtures("root")
def test_a_bundle_replaces_no_file_and_is_refused_before_anything_is_collected(
    manifest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = refused(capsys, "support-bundle", str(manifest))
    assert "The file exists" in told and " s  " not in told and TITLE in manifest.read_text("utf-8")
    for target, why in ((tmp_path / "no/bundle.tar.gz", "No such file"), (tmp_path, "Is a directory")):
        told = refused(capsys, "support-bundle", str(target))
        assert "The file cannot be written" in told and why in told and " s  " not in told
    assert list(tmp_path.glob("*bundle*")) == []


def test_what_could_not_be_written_whole_is_removed(tmp_path: Path) -> None:
    target = tmp_path / "page"
    target.symlink_to("/dev/full")
    with pytest.raises(UsageError, match="cannot be written"):
        write_file(target, "text", "w")
    assert not target.is_symlink()


def test_the_next_command_can_be_typed(tmp_path: Path) -> None:
    target = tmp_path / "my page"
    target.touch()
    with pytest.raises(UsageError) as refused:
        write_file(target, "text", "x")
    assert refused.value.next_command == f"ls -l '{target}'"


@pytest.mark.parametrize("setting", [{"LC_ALL": "C", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "latin-1"}])
def test_files_are_utf_8_whatever_the_locale(manifest: Path, tmp_path: Path, setting: dict[str, str]) -> None:
    environment = {**os.environ, **setting, "SUNBEAM_ROOT": str(tmp_path / "root")}
    made = tmp_path / "made.yaml"
    for words in (["show", "--effective"], ["generate", "-o", str(made)]):
        argv = [sys.executable, "-m", "sunbeam", "manifest", *words, "-m", str(manifest)]
        ended = subprocess.run(argv, env=environment, capture_output=True)
        assert (ended.returncode, ended.stderr) == (0, b"")
        assert made.exists() or b"rich ?" in ended.stdout
    assert f"name: {TITLE}\n" in made.read_text(encoding="utf-8")
