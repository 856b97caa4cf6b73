"""nova: five services of one container, three databases, one step that prepares them all."""

import configparser
import json
import re
from typing import Any

import pytest
from ops import testing

from tests.unit.charms import answers

SYNC = ("python3", "/usr/local/lib/sunbeam/sync_databases.py")
SERVICES = {"nova-api", "nova-metadata", "nova-conductor", "nova-scheduler", "nova-novncproxy"}
CONSOLE = "https://cloud/openstack-nova-console"


@pytest.fixture(scope="module")
def context() -> Any:
    return answers.context("nova")


def relations() -> dict[str, Any]:
    return {
        "database": answers.database("database"),
        "api-database": answers.database("api-database"),
        "cell-database": answers.database("cell-database"),
        "amqp": answers.amqp(),
        "identity-service": answers.identity_service(),
        "placement": testing.Relation("placement", remote_app_data={"ready": "true"}),
        "cache": answers.cache(),
        "ingress": answers.ingress("ingress", "https://cloud/openstack-nova"),
        "ingress-console": answers.ingress("ingress-console", CONSOLE),
        "nova-service": testing.Relation("nova-service", remote_app_name="hypervisor"),
        "peers": testing.PeerRelation("peers"),
    }


def container(sync_code: int = 0, can_connect: bool = True) -> testing.Container:
    discover = ("nova-manage", "cell_v2", "discover_hosts", "--verbose")
    execs = {testing.Exec(SYNC, return_code=sync_code), testing.Exec(discover, stdout="Found 1 host")}
    return testing.Container("nova", can_connect=can_connect, execs=execs)


def state(*without: str, leader: bool = True, **changes: Any) -> testing.State:
    related = [relation for name, relation in relations().items() if name not in without]
    everything: dict[str, Any] = {
        "leader": leader,
        "model": testing.Model("openstack", type="kubernetes"),
        "containers": [container()],
        "relations": related,
        "secrets": answers.SECRETS,
    }
    return testing.State(**(everything | changes))


def run(context: Any, before: testing.State) -> testing.State:
    context.exec_history.clear()
    after: testing.State = context.run(context.on.config_changed(), before)
    return after


def relation(out: testing.State, endpoint: str) -> Any:
    return next(one for one in out.relations if one.endpoint == endpoint)


def configuration(context: Any, out: testing.State) -> configparser.ConfigParser:
    parsed = configparser.ConfigParser(interpolation=None)
    parsed.read_string(answers.file(context, out, "/etc/nova/nova.conf"))
    return parsed


def test_everything_runs_when_relations_are_complete(context: Any) -> None:
    out = run(context, state())
    assert out.unit_status == testing.ActiveStatus()
    assert answers.running(out) == SERVICES
    assert all(service.user == "nova" for service in answers.services(out).values())


@pytest.mark.parametrize(
    "name", ["database", "api-database", "cell-database", "amqp", "identity-service", "placement"]
)
def test_a_missing_relation_is_named(context: Any, name: str) -> None:
    out = run(context, state(name))
    assert out.unit_status == testing.BlockedStatus(f"Integrate nova:{name}.")
    assert answers.services(out) == {}


def test_databases_are_prepared_before_keystone_answers(context: Any) -> None:
    run(context, state("identity-service"))
    (sync,) = context.exec_history["nova"]
    urls = json.loads(sync.stdin)
    login = "mysql+pymysql://svc:database-password@mariadb:3306"
    assert urls == {
        "api": f"{login}/nova_api?charset=utf8",
        "cell0": f"{login}/nova_cell0?charset=utf8",
        "cell1": f"{login}/nova?charset=utf8",
        "transport": "rabbit://svc:rabbit-password@rabbitmq:5672/openstack",
    }
    assert sync.user == "nova" and "password" not in " ".join(sync.command)


def test_databases_are_prepared_once(context: Any) -> None:
    after = run(context, state())
    run(context, after)
    assert context.exec_history.get("nova", []) == []


def test_a_failed_preparation_fails_the_hook(context: Any) -> None:
    with pytest.raises(testing.errors.UncaughtCharmError):
        run(context, state(containers=[container(sync_code=1)]))


def test_the_leader_prepares_and_others_wait(context: Any) -> None:
    out = run(context, state(leader=False))
    assert out.unit_status == testing.WaitingStatus("Waiting for the leader to finish the step databases.")
    assert context.exec_history.get("nova", []) == []


def test_nova_runs_while_placement_is_not_ready(context: Any) -> None:
    silent = testing.Relation("placement")
    before = state("placement")
    out = run(context, state(relations=[*before.relations, silent]))
    assert answers.running(out) == SERVICES
    assert out.unit_status == testing.WaitingStatus("Waiting for placement to be ready.")


def test_configuration(context: Any) -> None:
    nova = configuration(context, run(context, state(config={"discover-hosts-interval": 7})))
    expected = {
        ("DEFAULT", "transport_url"): "rabbit://svc:rabbit-password@rabbitmq:5672/openstack",
        ("api_database", "connection"): (
            "mysql+pymysql://svc:database-password@mariadb:3306/nova_api?charset=utf8"
        ),
        ("database", "connection"): "mysql+pymysql://svc:database-password@mariadb:3306/nova?charset=utf8",
        ("keystone_authtoken", "www_authenticate_uri"): "https://cloud/openstack-keystone/v3",
        ("keystone_authtoken", "memcached_servers"): "memcached:11211",
        ("service_user", "send_service_user_token"): "true",
        ("placement", "auth_url"): "http://keystone:5000/v3",
        ("neutron", "service_metadata_proxy"): "true",
        ("scheduler", "discover_hosts_in_cells_interval"): "7",
        ("DEFAULT", "periodic_fuzzy_delay"): "0",
        ("vnc", "novncproxy_base_url"): f"{CONSOLE}/vnc_auto.html",
        ("cache", "memcache_servers"): "memcached:11211",
    }
    assert {key: nova.get(*key) for key in expected} == expected


def test_configuration_without_cache_and_ingress(context: Any) -> None:
    out = run(context, state("cache", "ingress", "ingress-console"))
    nova = configuration(context, out)
    assert nova.get("cache", "enabled") == "false"
    assert nova.get("vnc", "novncproxy_base_url").startswith("http://nova.openstack.svc.cluster.local:6080/")
    assert answers.running(out) == SERVICES


def test_the_catalogue_entry(context: Any) -> None:
    asked = relation(run(context, state()), "identity-service").local_app_data
    (service,) = json.loads(asked["service-endpoints"])
    assert service["service_name"], service["type"] == ("nova", "compute")
    assert service["internal_url"] == "http://nova.openstack.svc.cluster.local:8774/v2.1"
    assert service["public_url"] == "https://cloud/openstack-nova/v2.1"


def test_the_console_has_its_own_path(context: Any) -> None:
    asked = relation(run(context, state()), "ingress-console").local_app_data
    assert (asked["name"], asked["port"], asked["strip-prefix"]) == ('"nova-console"', "6080", "true")


def test_compute_nodes_learn_the_metadata_secret(context: Any) -> None:
    out = run(context, state())
    told = relation(out, "nova-service").local_app_data
    assert told["metadata-url"] == "http://nova.openstack.svc.cluster.local:8775"
    assert told["region"] == "RegionOne"
    secret: Any = out.get_secret(id=told["metadata-proxy-shared-secret-id"])
    content = secret.latest_content or secret.tracked_content
    shared = configuration(context, out).get("neutron", "metadata_proxy_shared_secret")
    assert shared == content["metadata-proxy-shared-secret"]
    assert re.fullmatch(r"[\w-]{32,}", shared) and shared not in json.dumps(dict(told))


def test_compute_nodes_wait_until_nova_runs(context: Any) -> None:
    out = run(context, state("identity-service"))
    assert "metadata-url" not in relation(out, "nova-service").local_app_data


def test_a_rotated_password_restarts_services(context: Any) -> None:
    before = run(context, state())
    rotated = testing.Secret({"username": "svc", "password": "new"}, id=answers.BROKER.id)
    kept = [secret for secret in before.secrets if secret.id != rotated.id]
    after = run(context, testing.State(**(vars_of(before) | {"secrets": [*kept, rotated]})))
    assert answers.services(before)["nova-conductor"] != answers.services(after)["nova-conductor"]


def test_the_same_state_changes_no_service(context: Any) -> None:
    before = run(context, state())
    assert answers.services(run(context, before)) == answers.services(before)


def test_discover_hosts(context: Any) -> None:
    after = run(context, state())
    context.run(context.on.action("discover-hosts"), after)
    assert context.action_results == {"result": "Found 1 host"}


def test_discover_hosts_before_nova_runs(context: Any) -> None:
    with pytest.raises(testing.ActionFailed, match="not running yet"):
        context.run(context.on.action("discover-hosts"), state("amqp"))


def vars_of(before: testing.State) -> dict[str, Any]:
    names = ("leader", "model", "containers", "relations", "secrets", "config")
    return {name: getattr(before, name) for name in names}
