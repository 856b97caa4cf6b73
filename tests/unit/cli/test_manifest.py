from __future__ import annotations

import json
from pathlib import Path

import pytest

from sunbeam.cli.main import main


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    """What ``sunbeam manifest`` prints."""
    with pytest.raises(SystemExit) as ended:
        main(["manifest", *words])
    out, err = capsys.readouterr()
    assert ended.value.code == code, err
    return err if code == 2 else out


@pytest.mark.parametrize("command", ["generate", "migrate", "import"])
@pytest.mark.usefixtures("root")
def test_a_file_that_cannot_be_written_is_told(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("schema: 1\n" if command == "migrate" else "core: {}\n")
    words = [command] if command == "generate" else [command, str(file)]
    told = said(capsys, *words, "-o", "/surely/not/there", code=2)
    assert "The file cannot be written" in told and "No such file or directory" in told


@pytest.mark.usefixtures("root")
def test_no_difference_is_an_empty_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(said(capsys, "diff", "laptop", "laptop", "--format", "json")) == []
    assert said(capsys, "diff", "laptop", "laptop") == "no difference\n"
    assert json.loads(said(capsys, "diff", "laptop", "edge", "--format", "json", code=1))


@pytest.mark.usefixtures("root")
def test_a_table_has_words_of_yaml(capsys: pytest.CaptureFixture[str]) -> None:
    rows = said(capsys, "diff", "laptop", "edge", code=1).splitlines()
    assert ["software.charms.mariadb.config.durable", "false", "true"] in [row.split() for row in rows]
