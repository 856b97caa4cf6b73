from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ops import pebble

from sunbeam.operators.pebble import build_pebble
from tests.functional.pebble.harness import Manager


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_pebble(tmp_path_factory.mktemp("bin") / "pebble")


@pytest.fixture
def start_manager(program: Path, tmp_path: Path) -> Iterator[Callable[..., Manager]]:
    started: list[Manager] = []

    def start(*options: str) -> Manager:
        manager = Manager(program, tmp_path / "pebble", *options)
        started.append(manager)
        manager.wait_until_ready()
        return manager

    yield start
    for manager in started:
        manager.close()


@pytest.fixture
def manager(start_manager: Callable[..., Manager]) -> Manager:
    return start_manager("--hold")


@pytest.fixture
def client(manager: Manager) -> pebble.Client:
    return manager.client
