"""Which endpoints a relation request means, and what is refused."""

from __future__ import annotations

import pytest

from sunbeam.operators.entities import Relation
from sunbeam.operators.operations.edit import ModelView, edit
from sunbeam.operators.operations.errors import AlreadyExists, BadRequest, NotFound
from sunbeam.operators.operations.models import destroy_model
from sunbeam.operators.operations.offers import OfferUrl, consume, create_offer, destroy_offer
from sunbeam.operators.operations.relations import consumer_alias, destroy_relation, find_relation
from tests.unit.operators_api.controller_fake import OTHER_MODEL, FakeController

DATABASE = {"database": {"interface": "mysql_client"}}


@pytest.fixture
def cloud(fake: FakeController) -> FakeController:
    fake.deploy(fake.add_charm("mariadb", provides=DATABASE, peers={"peers": {"interface": "mariadb-peer"}}))
    fake.deploy(fake.add_charm("keystone", requires={"database": {"interface": "mysql_client", "limit": 1}}))
    fake.deploy(
        fake.add_charm("nova", requires={name: {"interface": "mysql_client"} for name in ("api", "cell")})
    )
    return fake


def test_peer_relations_come_with_the_application(cloud: FakeController) -> None:
    assert [relation.key for relation in cloud.view.all(Relation)] == ["mariadb:peers"]


def test_the_only_fitting_pair_is_found(cloud: FakeController) -> None:
    assert cloud.relate("mariadb", "keystone").key == "keystone:database mariadb:database"
    assert cloud.relate("nova:api", "mariadb").key == "nova:api mariadb:database"


def test_several_fitting_pairs_are_ambiguous(cloud: FakeController) -> None:
    with pytest.raises(BadRequest) as caught:
        cloud.relate("nova", "mariadb")
    assert str(caught.value) == (
        'ambiguous relation: "nova mariadb" could refer to "nova:api mariadb:database";'
        ' "nova:cell mariadb:database"'
    )


def test_no_fitting_pair(cloud: FakeController) -> None:
    with pytest.raises(NotFound, match=r"^no relations found$"):
        cloud.relate("nova", "keystone")
    with pytest.raises(NotFound, match="requirer of interface mysql_client"):
        cloud.relate("nova:api", "keystone:database")
    with pytest.raises(NotFound, match='application "glance" not found'):
        cloud.relate("glance", "keystone")


def test_a_relation_exists_once(cloud: FakeController) -> None:
    relation = cloud.relate("mariadb", "keystone")
    with pytest.raises(AlreadyExists, match="relation keystone:database mariadb:database already exists"):
        cloud.relate("keystone:database", "mariadb:database")
    with edit(cloud.store, cloud.model) as opened:
        destroy_relation(opened, relation)
    with pytest.raises(AlreadyExists, match="still being removed"):
        cloud.relate("keystone", "mariadb")


def test_limits_are_kept(cloud: FakeController) -> None:
    cloud.deploy(cloud.view.charm("local:mariadb-0"), "second")
    cloud.relate("mariadb", "keystone")
    with pytest.raises(BadRequest, match="maximum relation limit of 1"):
        cloud.relate("second", "keystone")


def test_explicit_endpoints_win_over_the_implicit_one(fake: FakeController) -> None:
    fake.deploy(fake.add_charm("host", provides={"juju": {"interface": "juju-info"}}))
    agent = {"info": {"interface": "juju-info", "scope": "container"}}
    fake.deploy(fake.add_charm("agent", subordinate=True, requires=agent), units=1)
    relation = fake.relate("host", "agent")
    assert relation.key == "agent:info host:juju"
    assert {end.scope for end in relation.endpoints} == {"container"}


def test_the_implicit_endpoint_serves_when_nothing_else_fits(fake: FakeController) -> None:
    fake.deploy(fake.add_charm("host"))
    fake.deploy(fake.add_charm("agent", requires={"info": {"interface": "juju-info"}}))
    assert fake.relate("host", "agent").key == "agent:info host:juju-info"


def test_container_scope_needs_a_subordinate(fake: FakeController) -> None:
    fake.deploy(fake.add_charm("host"))
    fake.deploy(fake.add_charm("agent", requires={"info": {"interface": "juju-info", "scope": "container"}}))
    with pytest.raises(BadRequest, match="requires at least one subordinate"):
        fake.relate("host", "agent")


def test_a_relation_is_found_by_what_names_it(cloud: FakeController) -> None:
    first = cloud.relate("nova:api", "mariadb")
    cloud.relate("nova:cell", "mariadb")
    assert find_relation(cloud.view, ["nova:api", "mariadb"]) is first
    assert find_relation(cloud.view, [], first.number) is first
    with pytest.raises(BadRequest, match="ambiguous"):
        find_relation(cloud.view, ["nova", "mariadb"])
    with pytest.raises(NotFound):
        find_relation(cloud.view, ["nova", "keystone"])


def test_a_relation_through_an_offer_has_a_half_in_each_model(cloud: FakeController) -> None:
    other = cloud.add_model(OTHER_MODEL, "other")
    nova = cloud.add_charm(
        "nova", other, requires={n: {"interface": "mysql_client"} for n in ("api", "cell")}
    )
    cloud.deploy(nova, model=other)
    with edit(cloud.store, cloud.model) as opened:
        offer = create_offer(opened, "db", "mariadb", {"database": "database"}, "admin")
    with edit(cloud.store, other) as opened:
        consume(opened, OfferUrl.parse("admin/pods.db"), "remote-db")
        again = consume(opened, OfferUrl.parse("sunbeam:admin/pods.db"), "remote-db")
    assert again.offer_uuid == offer.uuid
    near = cloud.relate("nova:api", "remote-db", model=other)
    second = cloud.relate("nova:cell", "remote-db", model=other)
    far = cloud.store.get(Relation, cloud.model.model_uuid, near.mirror.partition(":")[2])
    assert far is not None and far.mirror == f"{OTHER_MODEL}:{near.id}"
    alias = consumer_alias(OTHER_MODEL, "nova", offer.uuid)
    assert {(end.application, end.name, end.role) for end in far.endpoints} == {
        ("mariadb", "database", "provider"),
        (alias, "api", "requirer"),
    }
    assert len(alias) == len("remote-") + 32
    with edit(cloud.store, cloud.model) as opened, pytest.raises(BadRequest, match="offer has 2 relations"):
        destroy_offer(opened, offer, force=False)
    with edit(cloud.store, cloud.model) as opened, pytest.raises(BadRequest, match="its offer db has"):
        destroy_model(opened)
    with edit(cloud.store, other) as opened:
        destroy_relation(opened, second)
    halves = [one for one in cloud.store.all(Relation) if one.mirror and one.life == "dying"]
    assert {half.model_uuid for half in halves} == {OTHER_MODEL, cloud.model.model_uuid}
    assert ModelView(cloud.store, other).remote_application("remote-db").life == "alive"


@pytest.mark.parametrize("text", ["", "pods", "a/b/c.d", "admin/pods.", "admin/pods:endpoint"])
def test_offer_urls_that_are_none(text: str) -> None:
    with pytest.raises(BadRequest, match="not valid"):
        OfferUrl.parse(text)
