from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.fakes.forward_proxy import ForwardProxy
from tests.functional.bootstrap.conftest import cloud, core, etcd, new_cloud
from tests.functional.substrates.conftest import root_file_system

__all__ = ["cloud", "core", "etcd", "new_cloud", "root_file_system"]


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest_asyncio.fixture
async def proxy() -> AsyncIterator[ForwardProxy]:
    """One that asks for a password."""
    async with ForwardProxy("ann:hunter22").serving() as made:
        yield made
