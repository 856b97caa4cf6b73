from __future__ import annotations

import json
import os
import platform
from pathlib import Path

import pytest

from sunbeam.cli.main import main
from sunbeam.core.questions import DETECTED


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


def origins(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, str]:
    rows = json.loads(said(capsys, "show", "--effective", "--format", "json", *words))
    return {row["key"]: row["from"] for row in rows}


@pytest.mark.usefixtures("root")
def test_what_a_bootstrap_would_detect_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    found = origins(capsys, "-m", "edge")
    assert found["network.address"] == found["name"] == "detected"
    assert "edge.yaml" in found["demo.quota.cores"]


@pytest.mark.usefixtures("root")
def test_a_generated_file_leaves_to_the_machine_what_it_decides(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cloud.yaml"
    said(capsys, "generate", "-o", str(file))
    assert f"# name: {platform.node()[:60]}  # detected on this machine\n" in file.read_text()
    found = origins(capsys, "-m", str(file))
    decided = {key: origin for key, origin in found.items() if key in DETECTED}
    assert decided and set(decided.values()) <= {"detected", "default"}
    assert str(file) in found["region"]


@pytest.mark.usefixtures("root")
def test_a_generated_file_keeps_the_resolvers_of_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, made = tmp_path / "cloud.yaml", tmp_path / "made.yaml"
    file.write_text("network: {dns: [192.0.2.53]}\n")
    said(capsys, "generate", "-m", str(file), "-o", str(made))
    assert "\n  dns:\n  - 192.0.2.53\n" in made.read_text()


@pytest.fixture
def referring(tmp_path: Path) -> Path:
    """A manifest whose secret is on another machine."""
    file = tmp_path / "cloud.yaml"
    file.write_text("region: North\ndemo:\n  password: ${env:SURELY_NOT_SET}\n")
    return file


WARNING = "Warning: demo.password: the environment variable SURELY_NOT_SET is not set\n  where: {}:3:13\n"


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("words", [["lint"], ["show", "-m"], ["show", "--effective", "-m"]])
def test_who_only_looks_is_warned_of_a_secret_that_is_elsewhere(
    words: list[str], referring: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["manifest", *words, str(referring)])
    out, err = capsys.readouterr()
    assert ended.value.code == 0 and err.startswith(WARNING.format(referring))
    assert ("no mistakes" if words == ["lint"] else "${env:SURELY_NOT_SET}") in out


@pytest.mark.usefixtures("root")
def test_a_mistake_beside_it_is_one(referring: Path, capsys: pytest.CaptureFixture[str]) -> None:
    referring.write_text(referring.read_text().replace("region", "regoin"))
    with pytest.raises(SystemExit) as ended:
        main(["manifest", "lint", str(referring)])
    err = capsys.readouterr().err
    assert ended.value.code == 3 and "1 mistake in the manifest" in err and "SURELY_NOT_SET" not in err


@pytest.mark.skipif(os.geteuid() != 0, reason="changes are for root only")
@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("words", [["check"], ["diff"], ["cluster", "bootstrap", "-a", "--dry-run"]])
def test_before_a_change_a_secret_that_is_elsewhere_is_a_mistake(
    words: list[str], referring: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*words, "-m", str(referring)])
    err = capsys.readouterr().err
    assert ended.value.code == 3 and "the environment variable SURELY_NOT_SET is not set" in err
