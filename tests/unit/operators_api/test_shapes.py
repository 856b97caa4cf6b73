"""Replies have the shapes of Juju's schema: libjuju's own types read them and know every field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from juju.client import client

from sunbeam.operators.api import registry
from sunbeam.operators.api.call import Session
from sunbeam.operators.entities import Machine, Storage, Unit
from sunbeam.operators.operations.edit import edit
from sunbeam.operators.operations.offers import OfferUrl, consume, create_offer
from tests.unit.operators_api.controller_fake import MODEL, OTHER_MODEL, FakeController

DATABASE = {"database": {"interface": "mysql_client"}}
ENTITY = {"entities": [{"tag": "application-mariadb"}]}


@pytest.fixture
def cloud(fake: FakeController) -> FakeController:
    """A model with one of everything a status shows."""
    mariadb = fake.add_charm(
        "mariadb",
        provides=DATABASE,
        peers={"peers": {"interface": "mariadb-peer"}},
        resources={"page": {"type": "file", "filename": "page.html"}},
        config={"size": {"type": "int", "default": 1}},
        actions={"backup": {"description": "Back up", "params": {"to": {"type": "string"}}}},
    )
    fake.deploy(mariadb, units=2)
    fake.deploy(fake.add_charm("keystone", requires=DATABASE))
    fake.relate("mariadb", "keystone")
    other = fake.add_model(OTHER_MODEL, "other")
    keystone = fake.add_charm("keystone", other, requires=DATABASE)
    fake.deploy(keystone, model=other)
    with edit(fake.store, fake.model) as opened:
        create_offer(opened, "db", "mariadb", {"database": "database"}, "admin")
    with edit(fake.store, other) as opened:
        consume(opened, OfferUrl.parse("admin/pods.db"))
    fake.relate("db", "keystone", model=other)
    unit = fake.unit("mariadb/0")
    with fake.store.transaction() as tx:
        unit.address, unit.ports = "10.1.0.2", ["3306/tcp"]
        tx.put(unit, Machine(model_uuid=MODEL, number="0"))
        tx.put(Storage(model_uuid=MODEL, tag="data/0", unit="mariadb/0", location="/data"))
    return fake


def unknown_fields(value: Any, where: str = "") -> Iterator[str]:
    """The fields libjuju did not know, anywhere below ``value``."""
    if hasattr(value, "unknown_fields"):
        yield from (f"{where}.{name}" for name in value.unknown_fields)
    if isinstance(value, dict):
        for key, item in value.items():
            yield from unknown_fields(item, f"{where}[{key}]")
    elif isinstance(value, list):
        for item in value:
            yield from unknown_fields(item, f"{where}[]")
    elif hasattr(value, "_toSchema"):
        for name in value._toSchema:
            yield from unknown_fields(getattr(value, name, None), f"{where}.{name}")


@pytest.mark.parametrize(
    ("name", "params", "kind", "model"),
    [
        ("Client.FullStatus", {}, client.FullStatus, MODEL),
        ("Client.FullStatus", {}, client.FullStatus, OTHER_MODEL),
        ("ModelManager.ListModelSummaries", {}, client.ModelSummaryResults, ""),
        ("ModelManager.ModelInfo", {"entities": [{"tag": f"model-{MODEL}"}]}, client.ModelInfoResults, ""),
        (
            "ModelManager.ModelStatus",
            {"entities": [{"tag": f"model-{MODEL}"}]},
            client.ModelStatusResults,
            "",
        ),
        ("Application.Get", {"application": "mariadb"}, client.ApplicationGetResults, MODEL),
        ("Application.ApplicationsInfo", ENTITY, client.ApplicationInfoResults, MODEL),
        ("Application.UnitsInfo", ENTITY, client.UnitInfoResults, MODEL),
        ("Application.GetCharmURLOrigin", {"application": "mariadb"}, client.CharmURLOriginResult, MODEL),
        ("Resources.ListResources", ENTITY, client.ResourcesResults, MODEL),
        ("Action.ApplicationsCharmsActions", ENTITY, client.ApplicationsCharmActionsResults, MODEL),
        ("Charms.CharmInfo", {"url": "local:mariadb-0"}, client.Charm, MODEL),
        ("ModelConfig.ModelGet", {}, client.ModelConfigResults, MODEL),
        ("Spaces.ListSpaces", {}, client.ListSpacesResults, MODEL),
        ("Storage.ListStorageDetails", {"filters": [{}]}, client.StorageDetailsListResults, MODEL),
        ("Cloud.Clouds", {}, client.CloudsResult, ""),
        ("ApplicationOffers.ListApplicationOffers", {}, client.QueryApplicationOffersResultsV5, ""),
        (
            "ApplicationOffers.GetConsumeDetails",
            {"offer-urls": {"offer-urls": ["admin/pods.db"]}},
            client.ConsumeOfferDetailsResults,
            "",
        ),
        ("UserManager.UserInfo", {}, client.UserInfoResults, ""),
    ],
)
async def test_libjuju_knows_every_field(
    cloud: FakeController, name: str, params: dict[str, Any], kind: Any, model: str
) -> None:
    reply = await cloud.call(name, params, model=model)
    assert "error" not in reply
    parsed = kind.from_json(reply["response"])
    unknown = [field for field in unknown_fields(parsed) if ".macaroon." not in field]
    assert unknown == []  # macaroons are opaque to libjuju


async def test_unit_info_shows_the_bags_of_the_other_side(cloud: FakeController) -> None:
    relation = next(one for one in cloud.view.relations_of("keystone") if not one.is_peer)
    with cloud.store.transaction() as tx:
        relation.data["mariadb"] = {"endpoints": "10.1.0.2:3306"}
        relation.data["mariadb/0"], relation.in_scope = {"address": "10.1.0.2"}, ["mariadb/0"]
        tx.put(relation)
    reply = await cloud.call("Application.UnitsInfo", {"entities": [{"tag": "unit-keystone-0"}]})
    (data,) = reply["response"]["results"][0]["result"]["relation-data"]
    assert data["ApplicationData"] == {"endpoints": "10.1.0.2:3306"}
    assert data["unit-relation-data"] == {"mariadb/0": {"InScope": True, "UnitData": {"address": "10.1.0.2"}}}


async def test_full_status_says_what_a_status_command_shows(cloud: FakeController) -> None:
    leader = cloud.view.application("mariadb")
    with cloud.store.transaction() as tx:
        leader.leader = "mariadb/1"
        tx.put(leader)
    reply = (await cloud.call("Client.FullStatus"))["response"]
    mariadb = reply["applications"]["mariadb"]
    assert {name: unit["leader"] for name, unit in mariadb["units"].items()} == {
        "mariadb/0": False,
        "mariadb/1": True,
    }
    assert mariadb["units"]["mariadb/0"]["opened-ports"] == ["3306/tcp"]
    assert mariadb["units"]["mariadb/0"]["workload-status"]["since"]
    assert mariadb["status"]["status"] == "waiting"
    assert reply["offers"]["db"]["total-connected-count"] == 1
    assert reply["storage"][0]["attachments"]["unit-mariadb-0"]["unit-tag"] == "unit-mariadb-0"
    other = (await cloud.call("Client.FullStatus", model=OTHER_MODEL))["response"]
    assert other["remote-applications"]["db"]["relations"] == {"database": ["keystone"]}


@pytest.mark.parametrize(
    ("name", "params", "code"),
    [
        ("Application.Get", {"application": "nobody"}, "not found"),
        ("Application.Get", {"application": {"not": "a name"}}, "bad request"),
        ("Application.Get", {}, "bad request"),
        ("Application.Deploy", {"applications": "all"}, "bad request"),
        ("Application.Nonsense", {}, "not implemented"),
        ("Nonsense.Get", {}, "not implemented"),
        ("ModelManager.ListModels", {}, "not implemented"),
    ],
)
async def test_errors_have_codes_and_an_empty_response(
    fake: FakeController, name: str, params: dict[str, Any], code: str
) -> None:
    reply = await fake.call(name, params)
    assert reply["error-code"] == code
    assert reply["response"] == {} and reply["error"]


async def test_what_is_missing_is_counted(fake: FakeController) -> None:
    for _ in range(2):
        await fake.call("Bundle.GetChangesMapArgs", version=6)
    reply = await fake.call("Sunbeam.ApiStatus", model="")
    assert reply["response"]["not-implemented"] == {"Bundle(6).GetChangesMapArgs": 2}


async def test_a_failing_item_leaves_the_others_done(fake: FakeController) -> None:
    fake.deploy(fake.add_charm("source", config={"size": {"type": "int"}}))
    sets = {"Args": [{"application": n, "config": {"size": "5"}} for n in ("source", "nobody")]}
    results = (await fake.call("Application.SetConfigs", sets))["response"]["results"]
    assert results[0] == {}
    assert results[1]["error"] == {"message": 'application "nobody" not found', "code": "not found"}
    assert fake.view.application("source").config == {"size": 5}


async def test_login_says_who_and_where(fake: FakeController) -> None:
    await fake.call("UserManager.AddUser", {"users": [{"username": "bob", "password": "b"}]}, model="")
    session = Session(fake.services, "test", "")
    login = {"auth-tag": "user-bob", "credentials": "b"}
    reply = (await fake.call_in(session, "Admin.Login", login))["response"]
    assert reply["user-info"]["identity"] == "user-bob"
    assert reply["server-version"].startswith("3.")
    assert {f["name"] for f in reply["facades"]} == set(registry.advertised(on_model=False))
    unknown = Session(fake.services, "test", "nowhere")
    assert (await fake.call_in(unknown, "Admin.Login", login))["error-code"] == "model not found"
    hidden = Session(fake.services, "test", MODEL)
    assert (await fake.call_in(hidden, "Admin.Login", login))["error-code"] == "unauthorized access"
    assert "error" in await fake.call_in(Session(fake.services, "test", ""), "Pinger.Ping")


async def test_removing_a_unit_lets_it_die(fake: FakeController) -> None:
    fake.deploy(fake.add_charm("source"), units=2)
    reply = await fake.call("Application.DestroyUnit", {"units": [{"unit-tag": "unit-source-1"}]})
    assert "error" not in reply["response"]["results"][0]
    assert [(unit.name, unit.life) for unit in fake.store.all(Unit)] == [
        ("source/0", "alive"),
        ("source/1", "dying"),
    ]
    assert fake.view.application("source").scale == 1
