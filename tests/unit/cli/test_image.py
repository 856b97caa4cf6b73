from __future__ import annotations

import os
from pathlib import Path

import pytest

from sunbeam.cli.main import main

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def refused(capsys: pytest.CaptureFixture[str], *words: str, code: int) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["image", *words])
    assert ended.value.code == code
    return capsys.readouterr().err


def test_an_export_replaces_no_file(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.tar"
    file.write_text("mine")
    assert "The file exists" in refused(capsys, "export", str(file), code=2)
    assert file.read_text() == "mine" and not root.exists()


def test_an_import_of_no_archive_changes_nothing(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.tar"
    file.write_text("mine")
    assert "it is no archive of images" in refused(capsys, "import", str(file), code=1)
    assert not root.exists()
