"""An API that is away for a moment is asked again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openstack
import pytest
import yaml
from keystoneauth1.exceptions import ConnectFailure
from openstack.exceptions import HttpException

from sunbeam.cluster.openstack import CLOUD
from sunbeam.core.errors import SunbeamError
from sunbeam.core.paths import Paths
from sunbeam.tasks.openstack_call import ask
from tests.fakes.openstack_sdk import Cloud

AUTH = {"auth_url": "https://192.0.2.7/v3", "username": "admin", "password": "a", "project_name": "admin"}
RESET = ConnectFailure("Unable to establish connection: Connection reset by peer")


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    paths = Paths(tmp_path)
    paths.etc.mkdir(parents=True)
    cloud = {"auth": AUTH, "region_name": "RegionOne", "cacert": "ca.crt"}
    (paths.etc / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {CLOUD: cloud}}))
    monkeypatch.setattr(openstack.connection, "Connection", Cloud().connect)
    monkeypatch.setattr("sunbeam.tasks.openstack_call.PAUSES", (0.0, 0.0))
    return paths


def answering(*said: Any) -> Any:
    """A reading that raises or returns one after the other."""
    left = list(said)

    def read(cloud: Any) -> Any:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return read


@pytest.mark.parametrize("away", [RESET, HttpException("busy", http_status=503)])
async def test_a_reading_outlives_an_ingress_that_is_loaded_anew(paths: Paths, away: Exception) -> None:
    assert await ask(paths, CLOUD, answering(away, away, "an answer")) == "an answer"


async def test_an_api_that_stays_away_is_told(paths: Paths) -> None:
    with pytest.raises(SunbeamError, match="Connection reset by peer"):
        await ask(paths, CLOUD, answering(RESET, RESET, RESET, "too late"))


async def test_what_the_api_refuses_is_not_asked_again(paths: Paths) -> None:
    with pytest.raises(SunbeamError, match="no"):
        await ask(paths, CLOUD, answering(HttpException("no", http_status=403), "wrong"))
