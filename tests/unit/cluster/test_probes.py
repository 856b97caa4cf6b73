from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from sunbeam.cluster.certificates import ClusterCertificates
from sunbeam.cluster.probes import probe_cloud

TOKEN = "gAAAA"


class FakeCloud:
    """Keystone, Nova, Placement and the dashboard on one port; two servers, a page each."""

    def __init__(self) -> None:
        self.url = ""
        self.broken: set[str] = set()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/openstack-keystone/v3/auth/tokens", self.log_in),
            web.get("/openstack-keystone/v3/domains", self.checked),
            web.get("/openstack-keystone/v3/projects", self.projects),
            web.get("/openstack-nova/v2.1/flavors", self.checked),
            web.get("/openstack-nova/v2.1/servers/detail", self.servers),
            web.get("/openstack-placement/resource_providers", self.checked),
            web.get("/openstack-horizon/", self.dashboard),
        ]

    async def log_in(self, request: web.Request) -> web.Response:
        asked = (await request.json())["auth"]
        assert asked["scope"] == {"project": {"name": "admin", "domain": {"name": "Default"}}}
        if asked["identity"]["password"]["user"]["password"] != "right":
            raise web.HTTPUnauthorized
        catalog = [
            self.service("compute", "openstack-nova/v2.1"),
            self.service("placement", "openstack-placement"),
            self.service("identity", "openstack-keystone/v3"),
        ]
        return web.json_response(
            {"token": {"catalog": catalog}}, status=201, headers={"X-Subject-Token": TOKEN}
        )

    def service(self, type: str, path: str) -> dict[str, Any]:
        internal = {"interface": "internal", "region": "RegionOne", "url": "http://nowhere.invalid"}
        elsewhere = {"interface": "public", "region": "Elsewhere", "url": "http://nowhere.invalid"}
        public = {"interface": "public", "region": "RegionOne", "url": f"{self.url}/{path}"}
        return {"type": type, "name": type, "endpoints": [internal, elsewhere, public]}

    async def checked(self, request: web.Request) -> web.Response:
        if request.headers.get("X-Auth-Token") != TOKEN:
            raise web.HTTPUnauthorized
        if any(word in request.path for word in self.broken):
            raise web.HTTPServiceUnavailable
        return web.json_response({})

    async def projects(self, request: web.Request) -> web.Response:
        await self.checked(request)
        return web.json_response({"projects": [{"id": "p1", "name": "demo"}]})

    async def servers(self, request: web.Request) -> web.Response:
        await self.checked(request)
        assert request.query["all_tenants"] == "true"
        second = "marker" in request.query
        addresses = [{"addr": "192.168.55.4"}, {"addr": "172.24.4.9"}]
        server = {
            "id": "2" if second else "1",
            "name": "b" if second else "a",
            "tenant_id": "gone" if second else "p1",
            "status": "ERROR" if second else "ACTIVE",
            "addresses": {} if second else {"demo": addresses},
        }
        links = [] if second else [{"rel": "next", "href": str(request.url.update_query(marker="1"))}]
        return web.json_response({"servers": [server], "servers_links": links})

    async def dashboard(self, request: web.Request) -> web.Response:
        return web.Response(text="<html>", content_type="text/html")


@pytest_asyncio.fixture
async def cloud() -> AsyncIterator[FakeCloud]:
    fake = FakeCloud()
    application = web.Application()
    application.add_routes(fake.routes())
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    fake.url = "http://{}:{}".format(*runner.addresses[0][:2])
    yield fake
    await runner.cleanup()


@pytest.fixture
def authority(tmp_path: Path) -> str:
    return str(ClusterCertificates(tmp_path).ensure_authority().certificate)


def entry(url: str, authority: str, password: str = "right") -> dict[str, Any]:
    return {
        "auth": {
            "auth_url": f"{url}/openstack-keystone/v3",
            "username": "admin",
            "password": password,
            "project_name": "admin",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        },
        "region_name": "RegionOne",
        "cacert": authority,
    }


async def test_every_api_is_asked_through_its_public_url(cloud: FakeCloud, authority: str) -> None:
    health = await probe_cloud(entry(cloud.url, authority), f"{cloud.url}/openstack-horizon/")
    assert [(api.service, api.problem) for api in health.apis] == [
        ("compute", ""),
        ("identity", ""),
        ("placement", ""),
        ("dashboard", ""),
    ]
    assert health.apis[0].url == f"{cloud.url}/openstack-nova/v2.1"


async def test_servers_of_all_projects_and_pages_are_found(cloud: FakeCloud, authority: str) -> None:
    health = await probe_cloud(entry(cloud.url, authority), f"{cloud.url}/openstack-horizon/")
    assert health.servers is not None
    found = [(each.project, each.name, each.status, each.addresses) for each in health.servers]
    assert found == [
        ("demo", "a", "ACTIVE", ("192.168.55.4", "172.24.4.9")),
        ("gone", "b", "ERROR", ()),
    ]


async def test_one_api_that_fails_leaves_the_others(cloud: FakeCloud, authority: str) -> None:
    cloud.broken = {"nova"}
    health = await probe_cloud(entry(cloud.url, authority), f"{cloud.url}/openstack-horizon/")
    problems = {api.service: api.problem for api in health.apis if api.problem}
    assert problems == {"compute": "HTTP 503 Service Unavailable"}
    assert health.servers is None


async def test_without_a_token_keystone_and_the_dashboard_are_told(cloud: FakeCloud, authority: str) -> None:
    health = await probe_cloud(entry(cloud.url, authority, "wrong"), f"{cloud.url}/nothing/")
    assert [(api.service, api.problem) for api in health.apis] == [
        ("identity", "HTTP 401 Unauthorized"),
        ("dashboard", "HTTP 404 Not Found"),
    ]
    assert health.servers is None


async def test_a_cloud_that_is_down_is_told_in_words(authority: str) -> None:
    health = await probe_cloud(entry("http://127.0.0.1:9", authority), "http://127.0.0.1:9/")
    assert [api.problem for api in health.apis] == ["cannot connect: Connection refused"] * 2
