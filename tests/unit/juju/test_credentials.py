from __future__ import annotations

from pathlib import Path

import pytest

from sunbeam.juju.credentials import Credentials
from sunbeam.juju.errors import JujuError


def write(folder: Path) -> None:
    (folder / "controllers.yaml").write_text(
        "current-controller: sunbeam\n"
        "controllers:\n  sunbeam:\n    api-endpoints: ['10.0.0.1:17070']\n    ca-cert: PEM\n"
    )
    (folder / "accounts.yaml").write_text("controllers:\n  sunbeam: {user: admin, password: hidden}\n")


def test_a_juju_data_folder_is_enough(tmp_path: Path) -> None:
    write(tmp_path)
    found = Credentials.from_juju_data(tmp_path)
    assert found == Credentials(("10.0.0.1:17070",), "admin", "hidden", "PEM", "sunbeam")
    assert "hidden" not in repr(found)


def test_a_missing_controller_or_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(JujuError, match="sunbeam cluster bootstrap"):
        Credentials.from_juju_data(tmp_path / "nothing")
    write(tmp_path)
    with pytest.raises(JujuError, match="controller other"):
        Credentials.from_juju_data(tmp_path, "other")


def test_the_environment_of_the_official_provider() -> None:
    assert Credentials.from_environment({}) is None
    found = Credentials.from_environment({"JUJU_CONTROLLER_ADDRESSES": "a:1, b:2", "JUJU_USERNAME": "admin"})
    assert found is not None and (found.endpoints, found.username) == (("a:1", "b:2"), "admin")
