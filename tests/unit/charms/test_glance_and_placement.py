"""glance and placement: a schema, an account, one API each."""

import configparser
import json
from typing import Any

import pytest
from ops import testing

from tests.unit.charms import answers

SYNC = {
    "glance": ("glance-manage", "--config-file", "/etc/glance/sync.conf", "db", "sync"),
    "placement": ("placement-manage", "--config-file", "/etc/placement/sync.conf", "db", "sync"),
}
CONTAINER = {"glance": "glance-api", "placement": "placement-api"}
CONFIG = {"glance": "/etc/glance/glance-api.conf", "placement": "/etc/placement/placement.conf"}
DATABASE_SECTION = {"glance": "database", "placement": "placement_database"}
URL = {"glance": "http://glance.openstack.svc.cluster.local:9292"}
URL["placement"] = "http://placement.openstack.svc.cluster.local:8778"


@pytest.fixture(scope="module", params=["glance", "placement"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def context(name: str) -> Any:
    return answers.context(name)


def container(name: str, can_connect: bool = True) -> testing.Container:
    execs = {testing.Exec(SYNC[name]), testing.Exec(("chown",)), testing.Exec(("chmod",))}
    return testing.Container(CONTAINER[name], can_connect=can_connect, execs=execs)


def state(name: str, *without: str, leader: bool = True, **changes: Any) -> testing.State:
    related = {
        "database": answers.database("database"),
        "identity-service": answers.identity_service(),
        "cache": answers.cache(),
        "ingress": answers.ingress("ingress", f"https://cloud/openstack-{name}"),
        "peers": testing.PeerRelation("peers"),
    }
    everything: dict[str, Any] = {
        "leader": leader,
        "model": testing.Model("openstack", type="kubernetes"),
        "containers": [container(name)],
        "relations": [relation for endpoint, relation in related.items() if endpoint not in without],
        "secrets": answers.SECRETS,
    }
    return testing.State(**(everything | changes))


def run(context: Any, before: testing.State) -> Any:
    context.exec_history.clear()
    return context.run(context.on.config_changed(), before)


def config(context: Any, name: str, state: Any) -> configparser.ConfigParser:
    parsed = configparser.ConfigParser(interpolation=None)
    parsed.read_string(answers.file(context, state, CONFIG[name]))
    return parsed


def synced(context: Any, name: str) -> int:
    history = context.exec_history.get(CONTAINER[name], [])
    return sum(tuple(call.command) == SYNC[name] for call in history)


def test_its_file(context: Any, name: str) -> None:
    after = run(context, state(name))
    parsed = config(context, name, after)
    connection = f"mysql+pymysql://svc:database-password@mariadb:3306/{name}?charset=utf8"
    assert parsed[DATABASE_SECTION[name]]["connection"] == connection
    token = parsed["keystone_authtoken"]
    assert token["auth_url"] == "http://keystone:5000/v3"
    assert token["www_authenticate_uri"] == "https://cloud/openstack-keystone/v3"
    assert (token["username"], token["password"]) == ("svc", "identity-password")
    assert token["memcached_servers"] == "memcached:11211"
    assert token["service_token_roles_required"] == "true"
    assert parsed["oslo_middleware"]["enable_proxy_headers_parsing"] == "true"
    assert after.unit_status == testing.ActiveStatus()


def test_its_service_runs_as_its_own_user(context: Any, name: str) -> None:
    after = run(context, state(name))
    (service,) = answers.services(after).values()
    assert service.user == name
    assert answers.running(after) == {service.name}


def test_it_registers_both_addresses(context: Any, name: str) -> None:
    after = run(context, state(name))
    bag = after.get_relations("identity-service")[0].local_app_data
    (service,) = json.loads(bag["service-endpoints"])
    assert service["type"] == {"glance": "image", "placement": "placement"}[name]
    assert service["internal_url"] == URL[name]
    assert service["public_url"] == f"https://cloud/openstack-{name}"


def test_without_ingress_the_public_address_is_the_internal_one(context: Any, name: str) -> None:
    after = run(context, state(name, "ingress"))
    bag = after.get_relations("identity-service")[0].local_app_data
    assert json.loads(bag["service-endpoints"])[0]["public_url"] == URL[name]


def test_the_schema_does_not_wait_for_keystone(context: Any, name: str) -> None:
    after = run(context, state(name, "identity-service"))
    assert synced(context, name) == 1
    assert answers.services(after) == {}
    assert after.unit_status == testing.BlockedStatus(f"Integrate {name}:identity-service.")


def test_the_schema_is_made_once(context: Any, name: str) -> None:
    first = run(context, state(name))
    assert synced(context, name) == 1
    run(context, first)
    assert synced(context, name) == 0


def test_a_new_password_restarts_it(context: Any, name: str) -> None:
    first = run(context, state(name))
    rotated = testing.Secret(
        {"username": "svc", "password": "identity-password"},
        latest_content={"username": "svc", "password": "new-password"},
        id=answers.IDENTITY.id,
    )
    others = [secret for secret in answers.SECRETS if secret is not answers.IDENTITY]
    before = testing.State(
        leader=True,
        model=first.model,
        containers=first.containers,
        relations=first.relations,
        secrets=[*others, rotated],
    )
    after = context.run(context.on.secret_changed(rotated), before)
    assert config(context, name, after)["keystone_authtoken"]["password"] == "new-password"
    (old,), (new,) = answers.services(first).values(), answers.services(after).values()
    assert old.environment != new.environment


def test_another_unit_waits_for_the_schema(context: Any, name: str) -> None:
    after = run(context, state(name, leader=False))
    assert synced(context, name) == 0
    message = "Waiting for the leader to finish the step db-sync."
    assert after.unit_status == testing.WaitingStatus(message)


def test_without_its_container_it_waits(context: Any, name: str) -> None:
    after = run(context, state(name, containers=[container(name, can_connect=False)]))
    message = f"Waiting for Pebble in the container {CONTAINER[name]}."
    assert after.unit_status == testing.WaitingStatus(message)


def test_a_failed_schema_fails_the_hook(context: Any, name: str) -> None:
    failing = testing.Container(
        CONTAINER[name], can_connect=True, execs={testing.Exec(SYNC[name], return_code=1, stderr="no route")}
    )
    with pytest.raises(Exception, match="no route"):
        run(context, state(name, containers=[failing]))


def test_placement_says_when_it_is_ready() -> None:
    context = answers.context("placement")
    asking = testing.Relation("placement", remote_app_name="nova")
    whole = state("placement")
    after = run(context, state("placement", relations=[*whole.relations, asking]))
    assert after.get_relations("placement")[0].local_app_data["ready"] == "true"
    left = [one for one in whole.relations if one.endpoint != "identity-service"]
    waiting = run(context, state("placement", relations=[*left, asking]))
    assert "ready" not in waiting.get_relations("placement")[0].local_app_data


def test_images_are_files_below_the_storage() -> None:
    context = answers.context("glance")
    after = run(context, state("glance"))
    parsed = config(context, "glance", after)
    assert parsed["file"]["filesystem_store_datadir"] == "/var/lib/glance/images"
    assert parsed["glance_store"]["default_backend"] == "file"
    assert parsed["DEFAULT"]["enabled_backends"] == "file:file"
    assert parsed["DEFAULT"]["bind_port"] == "9292"
    assert parsed["paste_deploy"]["flavor"] == "keystone"
    assert (
        answers.services(after)["glance-api"].command
        == "glance-api --config-file /etc/glance/glance-api.conf"
    )
