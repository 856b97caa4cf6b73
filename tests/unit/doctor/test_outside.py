"""What the doctor reads of mirrors and of the way to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sunbeam.core.paths import Paths
from sunbeam.doctor.look import Look
from sunbeam.doctor.readings import outside
from tests.fakes.clock import FakeClock
from tests.fakes.processes import FakeProcesses

DISABLED = (
    "Types: deb\nURIs: http://m/debian\nSuites: trixie\nComponents: main\nEnabled: no\n"
    "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
)


@pytest.fixture
def processes() -> FakeProcesses:
    return FakeProcesses()


@pytest.fixture
def look(tmp_path: Path, processes: FakeProcesses) -> Look:
    return Look(Paths(tmp_path), processes, FakeClock())


async def test_on_ubuntu_the_mirror_is_the_one_that_images_are_built_from(look: Look, tmp_path: Path) -> None:
    assert await outside.mirror(look) == "http://deb.debian.org/debian/dists/trixie/InRelease"
    sources = tmp_path / "etc/apt/sources.list.d/debian.sources"
    sources.parent.mkdir(parents=True)
    sources.write_text(DISABLED)
    assert await outside.mirror(look) == "http://m/debian/dists/trixie/InRelease"
