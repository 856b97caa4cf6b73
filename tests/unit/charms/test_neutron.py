"""neutron: the API with ML2 and OVN, and its two workers."""

import configparser
import json
from typing import Any

import pytest
from ops import testing

from tests.unit.charms import answers

NAMES = (
    "neutron-0.neutron-endpoints.openstack.svc.cluster.local",
    "neutron.openstack.svc.cluster.local",
)
MIGRATION = ("neutron-db-manage", "--config-file=/etc/neutron/database-migration.conf", "upgrade", "heads")
SERVICES = {"neutron-api", "neutron-ovn-maintenance-worker", "neutron-periodic-workers"}


@pytest.fixture(scope="module")
def context() -> Any:
    return answers.context("neutron")


def state(*without: str, leader: bool = True, can_connect: bool = True, **config: Any) -> testing.State:
    certificates, kept = answers.issued_certificate(NAMES)
    everything = {
        "database": answers.database("database"),
        "amqp": answers.amqp(),
        "identity-service": answers.identity_service(),
        "ovsdb-cms": answers.ovsdb_cms(),
        "certificates": certificates,
        "cache": answers.cache(),
        "ingress": answers.ingress("ingress", "https://cloud/openstack-neutron"),
        "peers": testing.PeerRelation("peers"),
    }
    container = testing.Container("neutron", can_connect=can_connect, execs={testing.Exec(MIGRATION)})
    return testing.State(
        leader=leader,
        model=testing.Model("openstack", type="kubernetes"),
        containers=[container],
        relations=[relation for name, relation in everything.items() if name not in without],
        secrets=[*answers.SECRETS, kept],
        config={key.replace("_", "-"): value for key, value in config.items()},
    )


def run(context: Any, before: testing.State) -> testing.State:
    context.exec_history.clear()
    after: testing.State = context.run(context.on.config_changed(), before)
    return after


def ini(context: Any, out: testing.State, path: str) -> configparser.ConfigParser:
    parsed = configparser.ConfigParser(interpolation=None)
    parsed.read_string(answers.file(context, out, path))
    return parsed


def test_everything_runs_when_relations_are_complete(context: Any) -> None:
    out = run(context, state())
    assert out.unit_status == testing.ActiveStatus()
    assert answers.running(out) == SERVICES
    assert all(service.user == "neutron" for service in answers.services(out).values())


@pytest.mark.parametrize("name", ["database", "amqp", "identity-service", "ovsdb-cms", "certificates"])
def test_a_missing_relation_is_named(context: Any, name: str) -> None:
    out = run(context, state(name))
    assert out.unit_status == testing.BlockedStatus(f"Integrate neutron:{name}.")
    assert answers.services(out) == {}


def test_optional_relations_may_be_missing(context: Any) -> None:
    out = run(context, state("cache", "ingress"))
    assert out.unit_status == testing.ActiveStatus()
    assert not ini(context, out, "/etc/neutron/neutron.conf").has_option(
        "keystone_authtoken", "memcached_servers"
    )


def test_without_pebble_the_charm_waits(context: Any) -> None:
    out = run(context, state(can_connect=False))
    assert out.unit_status == testing.WaitingStatus("Waiting for Pebble in the container neutron.")


def test_the_database_is_upgraded_once_by_the_leader(context: Any) -> None:
    after = run(context, state())
    (upgrade,) = context.exec_history["neutron"]
    assert upgrade.user == "neutron" and "password" not in " ".join(upgrade.command)
    run(context, after)
    assert not context.exec_history.get("neutron")
    out = run(context, state(leader=False))
    assert not context.exec_history.get("neutron")
    assert out.unit_status == testing.WaitingStatus("Waiting for the leader to finish the step database.")


def test_ml2_reaches_ovn_over_tls(context: Any) -> None:
    out = run(context, state(physnet_name="physnet9", enable_distributed_floating_ip=False))
    ml2 = ini(context, out, "/etc/neutron/plugins/ml2/ml2_conf.ini")
    expected = {
        ("ml2", "type_drivers"): "local,flat,vlan,geneve",
        ("ml2", "tenant_network_types"): "geneve",
        ("ml2", "mechanism_drivers"): "ovn",
        ("ml2", "extension_drivers"): "port_security,dns",
        ("ml2_type_flat", "flat_networks"): "physnet9",
        ("ml2_type_geneve", "max_header_size"): "38",
        ("ovn", "ovn_nb_connection"): "ssl:10.20.30.25:6641",
        ("ovn", "ovn_sb_connection"): "ssl:10.20.30.25:6642",
        ("ovn", "ovn_nb_private_key"): "/etc/neutron/ovn/key.pem",
        ("ovn", "ovn_sb_ca_cert"): "/etc/neutron/ovn/authority.pem",
        ("ovn", "ovn_metadata_enabled"): "true",
        ("ovn", "enable_distributed_floating_ip"): "false",
    }
    assert {key: ml2.get(*key) for key in expected} == expected
    assert answers.file(context, out, "/etc/neutron/ovn/key.pem") == "KEY"


def test_neutron_configuration(context: Any) -> None:
    neutron = ini(context, run(context, state()), "/etc/neutron/neutron.conf")
    expected = {
        ("DEFAULT", "core_plugin"): "ml2",
        ("DEFAULT", "service_plugins"): "ovn-router",
        ("DEFAULT", "rpc_workers"): "0",
        ("DEFAULT", "transport_url"): "rabbit://svc:rabbit-password@rabbitmq:5672/openstack",
        ("database", "connection"): (
            "mysql+pymysql://svc:database-password@mariadb:3306/neutron?charset=utf8"
        ),
        ("nova", "auth_url"): "http://keystone:5000/v3",
        ("placement", "endpoint_type"): "internal",
        ("keystone_authtoken", "memcached_servers"): "memcached:11211",
    }
    assert {key: neutron.get(*key) for key in expected} == expected


def test_the_api_tells_ovn_when_it_started(context: Any) -> None:
    uwsgi = ini(context, run(context, state()), "/etc/neutron/neutron-api.ini")
    assert uwsgi.get("uwsgi", "start-time") == "%t"
    assert uwsgi.get("uwsgi", "threads") == "1"
    assert uwsgi.get("uwsgi", "need-app") == "true"
    assert "--config-file=/etc/neutron/plugins/ml2/ml2_conf.ini" in uwsgi.get("uwsgi", "pyargv")


def test_the_catalogue_entry(context: Any) -> None:
    out = run(context, state())
    asked: Any = next(one for one in out.relations if one.endpoint == "identity-service")
    (service,) = json.loads(asked.local_app_data["service-endpoints"])
    assert (service["service_name"], service["type"]) == ("neutron", "network")
    assert service["internal_url"] == "http://neutron.openstack.svc.cluster.local:9696"
    assert service["public_url"] == "https://cloud/openstack-neutron"


def test_the_same_state_changes_no_service(context: Any) -> None:
    before = run(context, state())
    assert answers.services(run(context, before)) == answers.services(before)
