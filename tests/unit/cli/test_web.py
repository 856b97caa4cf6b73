from __future__ import annotations

import os
from pathlib import Path

import pytest

from sunbeam.cli.main import main
from sunbeam.core.paths import Paths
from sunbeam.web.settings import WebSettings

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def test_off_takes_no_other_option(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["web", "--off", "--new-token"])
    assert ended.value.code == 2
    assert "--off takes no other option" in capsys.readouterr().err


def test_off_ends_what_was_set(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = Paths(root)
    WebSettings("127.0.0.1", 9443).write(paths)
    with pytest.raises(SystemExit) as ended:
        main(["web", "--off"])
    assert ended.value.code == 0
    assert WebSettings.read(paths) is None
    assert "The web view is off" in capsys.readouterr().out


@pytest.mark.parametrize("where", ["nowhere", ""])
def test_where_nobody_can_listen(where: str, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["web", "--listen", where])
    assert ended.value.code == 2
    assert "sunbeam web --listen" in capsys.readouterr().err
    assert not Paths(root).etc.exists()
