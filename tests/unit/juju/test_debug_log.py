from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from sunbeam.cluster.certificates import ClusterCertificates
from sunbeam.juju.credentials import Credentials
from sunbeam.juju.debug_log import DebugLog, LogQuery
from sunbeam.juju.errors import JujuError, JujuUnreachable
from sunbeam.operators.api.server import server_tls

LOGIN = aiohttp.encode_basic_auth("user-admin", "secret")


class FakeLog:
    """``/model/UUID/log`` of one model with five records, which ends every stream after them."""

    def __init__(self) -> None:
        self.queries: list[dict[str, str]] = []
        self.first: dict[str, object] = {}

    async def answer(self, request: web.Request) -> web.WebSocketResponse:
        assert request.headers["Authorization"] == LOGIN
        self.queries.append(dict(request.query))
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(json.dumps(self.first) + "\n")
        for number in range(5):
            await socket.send_json(
                {
                    "tag": "unit-ovn-central-0",
                    "ts": f"2026-01-01T10:00:0{number}.5Z",
                    "sev": "INFO",
                    "mod": "juju-log",
                    "loc": "",
                    "msg": f"line {number}",
                }
            )
        await socket.close()
        return socket


@pytest_asyncio.fixture
async def served(tmp_path: Path) -> AsyncIterator[tuple[FakeLog, DebugLog]]:
    certificates = ClusterCertificates(tmp_path)
    pair = certificates.ensure("juju-api")
    fake = FakeLog()
    application = web.Application()
    application.router.add_get("/model/uuid-1/log", fake.answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server_tls(pair.certificate, pair.key)).start()
    endpoint = "{}:{}".format(*runner.addresses[0][:2])
    authority = certificates.authority.certificate.read_text()
    yield fake, DebugLog(Credentials((endpoint,), "admin", "secret", authority), "uuid-1")
    await runner.cleanup()


async def test_the_last_lines_are_kept(served: tuple[FakeLog, DebugLog]) -> None:
    fake, log = served
    lines = await log.kept(LogQuery("INFO", "ovn-central/0", 2))
    assert [str(line) for line in lines] == [
        "2026-01-01 10:00:03 INFO    ovn-central/0 juju-log: line 3",
        "2026-01-01 10:00:04 INFO    ovn-central/0 juju-log: line 4",
    ]
    assert fake.queries == [{"level": "INFO", "noTail": "true", "includeEntity": "unit-ovn-central-0"}]


async def test_following_begins_with_as_many_lines(served: tuple[FakeLog, DebugLog]) -> None:
    fake, log = served
    lines = [line.message async for line in log.follow(LogQuery("DEBUG", "", 7))]
    assert lines == [f"line {number}" for number in range(5)]
    assert fake.queries == [{"level": "DEBUG", "backlog": "7"}]


async def test_a_refusal_is_told(served: tuple[FakeLog, DebugLog]) -> None:
    fake, log = served
    fake.first = {"error": {"message": "permission denied"}}
    with pytest.raises(JujuError, match="refused") as refused:
        await log.kept(LogQuery("INFO", "", 1))
    assert refused.value.why == "permission denied"


async def test_a_controller_that_is_down_is_unreachable() -> None:
    log = DebugLog(Credentials(("127.0.0.1:9",), "admin", "secret"), "uuid-1")
    with pytest.raises(JujuUnreachable):
        await log.kept(LogQuery("INFO", "", 1))


@pytest.mark.parametrize(
    ("unit", "entity"),
    [("", ""), ("nova", "unit-nova-*"), ("nova/0", "unit-nova-0"), ("ovn-central/12", "unit-ovn-central-12")],
)
def test_units_and_applications_become_tags(unit: str, entity: str) -> None:
    assert LogQuery("INFO", unit, 1).entity == entity
