from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from sunbeam.cli.main import main
from sunbeam.cli.session import this_node
from sunbeam.cli.web import _let_daemon_serve
from sunbeam.core.errors import SunbeamError
from sunbeam.core.paths import Paths
from sunbeam.web.serving import Served
from sunbeam.web.settings import WebSettings, web_folder

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


def test_damaged_settings_are_written_anew(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing listens at an address of documentation, but the settings were not what it failed for."""
    paths = Paths(root)
    (web_folder(paths) / "settings.json").write_text("{")
    with pytest.raises(SystemExit):
        main(["web", "--listen", "192.0.2.9:9443"])
    assert "web-cannot-listen" in capsys.readouterr().err


@pytest.mark.parametrize("before", [WebSettings("127.0.0.1", 9443), None])
def test_a_view_that_cannot_move_stays_where_it_was(root: Path, before: WebSettings | None) -> None:
    node = this_node()
    if before is not None:
        before.write(node.paths)
    node.paths.run.mkdir(parents=True)
    wanted = WebSettings("127.0.0.1", 9444)

    def refuse() -> None:
        """As sunbeamd does once it has read the new settings."""
        while WebSettings.read(node.paths) != wanted:
            time.sleep(0.01)
        Served(wanted.host, wanted.port, "Address already in use").write(node.paths)

    daemon = threading.Thread(target=refuse, daemon=True)
    daemon.start()
    with pytest.raises(SunbeamError, match="sunbeamd cannot serve the web view"):
        _let_daemon_serve(node, wanted, before)
    daemon.join(10)
    assert WebSettings.read(node.paths) == before
