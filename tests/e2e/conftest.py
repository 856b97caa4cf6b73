"""Tests of the cloud that ``./run cloud`` made on this machine; without one they fail at once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sunbeam.cluster.settings import NodeSettings
from sunbeam.core.paths import Paths

PROGRAMS = Path(sys.executable).parent
Program = Callable[..., str]


@pytest.fixture(scope="session")
def settings() -> NodeSettings:
    """Raises SunbeamError, which names `sunbeam cluster bootstrap`, where there is no cloud."""
    return NodeSettings.read(Paths())


@pytest.fixture(scope="session")
def openstack(settings: NodeSettings) -> Program:
    """The unmodified client with the printed credentials."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    environment["OS_CLIENT_CONFIG_FILE"] = str(Paths().etc / "clouds.yaml")

    def call(*words: str, cloud: str = "sunbeam") -> str:
        argv = [str(PROGRAMS / "openstack"), "--os-cloud", cloud, *words]
        done = subprocess.run(argv, capture_output=True, text=True, env=environment, timeout=600)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return call


@pytest.fixture(scope="session")
def sunbeam(settings: NodeSettings) -> Program:
    def call(*words: str) -> str:
        argv = [str(PROGRAMS / "sunbeam"), *words]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=900)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr
        return done.stdout

    return call
