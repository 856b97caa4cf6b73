from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from sunbeam.cli.main import main
from sunbeam.core.paths import Paths


@pytest.fixture(autouse=True)
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    return int(ended.value.code or 0)


def test_the_data_folder_is_all_that_a_shell_gets(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Paths(root).juju_data
    folder.mkdir(parents=True)
    known = {"controllers": {"sunbeam": {"api-endpoints": ["127.0.0.1:1"]}}, "current-controller": "sunbeam"}
    (folder / "controllers.yaml").write_text(yaml.safe_dump(known))
    (folder / "accounts.yaml").write_text(yaml.safe_dump({"controllers": {"sunbeam": {"user": "admin"}}}))
    assert run("juju", "data-dir") == 0
    assert capsys.readouterr() == (f"{folder}\n", "")


@pytest.mark.parametrize("command", [("juju", "data-dir"), ("juju", "status"), ("debug", "log")])
def test_without_a_cloud_each_says_how_to_make_one(
    root: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    assert run(*command) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "next: sunbeam cluster bootstrap" in shown.err


def test_an_unknown_level_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("debug", "log", "--level", "loud") == 2
    assert "is not one of 'trace', 'debug'" in capsys.readouterr().err
