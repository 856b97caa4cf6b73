from __future__ import annotations

from pathlib import Path

import pytest

from sunbeam.cli.main import main
from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.paths import Paths


@pytest.fixture
def node(root: Path) -> Paths:
    paths = Paths(root)
    paths.etc.mkdir(parents=True)
    NodeSettings.file(paths).write_text(NodeSettings("one", "192.0.2.7").dump())
    return paths


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    return int(ended.value.code or 0)


@pytest.mark.parametrize(("command", "file"), [("openrc", "openrc"), ("cloud-config", "clouds.yaml")])
def test_credentials_are_printed_as_they_are(
    node: Paths, capsys: pytest.CaptureFixture[str], command: str, file: str
) -> None:
    (node.etc / file).write_text("export A='b'\n")
    assert run(command) == 0
    assert capsys.readouterr().out == "export A='b'\n"


@pytest.mark.parametrize("command", ["openrc", "cloud-config"])
def test_missing_credentials_say_what_writes_them(
    node: Paths, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert run(command) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "written at the end of bootstrap" in shown.err
    assert "next: sunbeam cluster bootstrap" in shown.err


def test_a_machine_that_is_no_node_says_so(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("openrc") == 1
    assert "this machine is not part of a cloud" in capsys.readouterr().err


def test_the_dashboard_is_below_the_address_of_the_cloud(
    node: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("dashboard", "url") == 0
    assert capsys.readouterr().out == "https://192.0.2.7/openstack-horizon/\n"


def test_without_a_cloud_there_is_no_dashboard(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("dashboard", "url") == 1
    assert "next: sunbeam cluster bootstrap" in capsys.readouterr().err
