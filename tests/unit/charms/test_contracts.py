"""What one charm writes, the other one reads: both ends of each interface through the same dictionaries."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml
from ops import testing

from tests.unit.charms import answers
from tests.unit.charms.test_keystone import FakeKeystone

CHARMS = sorted(path.parent.name for path in answers.CHARMS.glob("*/charmcraft.yaml"))
RELATION = 999
MODEL = testing.Model("openstack", type="kubernetes")


@dataclass
class Party:
    """One application: its charm's context, its container's programs, and what it has written so far."""

    name: str
    container: str = ""
    execs: tuple[tuple[str, ...], ...] = ()
    context: Any = None
    written: Any = field(default_factory=lambda: testing.State(leader=True))

    def __post_init__(self) -> None:
        self.context = answers.context(self.name)

    def hook(self, endpoint: str, other: "Party", other_endpoint: str, *more: Any) -> Any:
        """Run one hook with what ``other`` has written; returns the status."""
        mine = _bags(self.written, endpoint)
        theirs = _bags(other.written, other_endpoint)
        relation = testing.Relation(
            endpoint,
            id=RELATION,
            remote_app_name=other.name,
            local_app_data=mine[0],
            local_unit_data=mine[1],
            remote_app_data=theirs[0],
            remote_units_data={0: theirs[1]},
        )
        granted = [
            testing.Secret(dict(secret.latest_content or secret.tracked_content), id=secret.id)
            for secret in other.written.secrets
            if secret.owner and RELATION in secret.remote_grants
        ]
        own = [secret for secret in self.written.secrets if secret.owner]
        given = [secret for secret in more if isinstance(secret, testing.Secret)]
        others = [one for one in more if not isinstance(one, testing.Secret)]
        peers = next(iter(self.written.get_relations("peers")), testing.PeerRelation("peers"))
        execs = {testing.Exec(command) for command in (("chown",), ("chmod",), *self.execs)}
        containers = (
            [testing.Container(self.container, can_connect=True, execs=execs)] if self.container else []
        )
        before = testing.State(
            leader=True,
            model=MODEL,
            containers=containers,
            relations=[peers, relation, *others],
            secrets=[*own, *granted, *given],
        )
        self.written = self.context.run(self.context.on.config_changed(), before)
        status: Any = self.written.unit_status
        return status


def _bags(state: Any, endpoint: str) -> tuple[dict[str, str], dict[str, str]]:
    related = list(state.get_relations(endpoint))
    return (dict(related[0].local_app_data), dict(related[0].local_unit_data)) if related else ({}, {})


def keystone(monkeypatch: pytest.MonkeyPatch) -> Party:
    party = Party("keystone", "keystone", (("python3",),))
    fake = FakeKeystone()
    monkeypatch.setattr(party.context.charm, "client", lambda url: fake)
    return party


def test_mysql_client() -> None:
    requirer = Party("keystone", "keystone", (("python3",),))
    provider = Party("mariadb", "mariadb", (("bash",), ("mariadb",), ("mariadb-admin",)))
    waiting = requirer.hook("database", provider, "database")
    assert waiting == testing.WaitingStatus("Waiting for mariadb to answer over database.")
    provider.hook("database", requirer, "database")
    secret = provider.written.get_secret(label=f"keystone_{RELATION}").tracked_content
    with requirer.context(requirer.context.on.update_status(), _next(requirer, provider)) as manager:
        account = manager.charm.database.read()
    host = "mariadb.openstack.svc.cluster.local:3306"
    expected = f"mysql+pymysql://keystone_{RELATION}:{secret['password']}@{host}/keystone?charset=utf8"
    assert account.url == expected


def _next(requirer: Party, provider: Party) -> testing.State:
    """The state in which the requirer reads the provider's answer (without running its workload)."""
    theirs = _bags(provider.written, "database")
    relation = testing.Relation("database", id=RELATION, remote_app_name="mariadb", remote_app_data=theirs[0])
    secret = provider.written.get_secret(label=f"keystone_{RELATION}")
    granted = testing.Secret(dict(secret.tracked_content), id=secret.id)
    return testing.State(relations=[relation], secrets=[granted], containers=[testing.Container("keystone")])


def test_keystone_service(monkeypatch: pytest.MonkeyPatch) -> None:
    command = ("placement-manage",)
    requirer, provider = Party("placement", "placement-api", (command,)), keystone(monkeypatch)
    database = answers.database("database")
    requirer.hook("identity-service", provider, "identity-service", database, answers.DATABASE)
    provider.hook("identity-service", requirer, "identity-service", database, answers.DATABASE)
    status = requirer.hook("identity-service", provider, "identity-service", database, answers.DATABASE)
    assert status == testing.ActiveStatus()
    secret = provider.written.get_secret(label=f"service-{RELATION}").tracked_content
    config = answers.file(requirer.context, requirer.written, "/etc/placement/placement.conf")
    assert "username = placement\n" in config and f"password = {secret['password']}\n" in config
    assert "auth_url = http://keystone.openstack.svc.cluster.local:5000/v3\n" in config


def test_keystone_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    requirer, provider = Party("horizon", "horizon"), keystone(monkeypatch)
    database = answers.database("database")
    requirer.hook("identity-credentials", provider, "identity-credentials", answers.cache())
    provider.hook("identity-credentials", requirer, "identity-credentials", database, answers.DATABASE)
    requirer.hook("identity-credentials", provider, "identity-credentials", answers.cache())
    assert "Waiting for keystone" not in requirer.written.unit_status.message


def test_rabbitmq() -> None:
    requirer = Party("neutron", "neutron")
    provider = Party("rabbitmq", "rabbitmq")
    provider.context.charm._listens = lambda charm: True
    requirer.hook("amqp", provider, "amqp")
    provider.hook("amqp", requirer, "amqp")
    requirer.hook("amqp", provider, "amqp")
    assert "Waiting for rabbitmq" not in str(requirer.written.unit_status)
    bag, _ = _bags(provider.written, "amqp")
    assert provider.written.get_secret(id=bag["credentials"]).tracked_content["username"] == "neutron"


def test_memcache_and_placement() -> None:
    cache, placement = Party("memcached", "memcached"), Party("placement", "placement-api")
    cache.hook("cache", placement, "cache")
    _, unit = _bags(cache.written, "cache")
    relation = testing.Relation("cache", remote_units_data={0: unit})
    state = testing.State(relations=[relation], containers=[testing.Container("placement-api")])
    with placement.context(placement.context.on.update_status(), state) as manager:
        host = "memcached-0.memcached-endpoints.openstack.svc.cluster.local"
        assert manager.charm.cache.read() == f"{host}:11211"


def test_ingress() -> None:
    requirer, provider = Party("glance", "glance-api"), Party("ingress", "haproxy", (("haproxy",),))
    requirer.hook("ingress", provider, "ingress")
    provider.hook("ingress", requirer, "ingress")
    bag, _ = _bags(provider.written, "ingress")
    assert json.loads(bag["ingress"]) == {"url": "https://192.0.2.0/openstack-glance"}
    requirer.hook("ingress", provider, "ingress", testing.Relation("identity-service"))
    catalogue = _bags(requirer.written, "identity-service")[0]["service-endpoints"]
    assert json.loads(catalogue)[0]["public_url"] == "https://192.0.2.0/openstack-glance"


def test_tls_certificates() -> None:
    requirer, provider = Party("ingress", "haproxy", (("haproxy",),)), Party("certificates")
    requirer.hook("certificates", provider, "certificates")
    provider.hook("certificates", requirer, "certificates")
    assert requirer.hook("certificates", provider, "certificates") == testing.ActiveStatus()
    pem = answers.file(requirer.context, requirer.written, "/etc/haproxy/haproxy.cfg")
    assert "ssl crt /etc/haproxy/tls/" in pem


@pytest.mark.parametrize("name", CHARMS)
def test_metadata_is_whole(name: str) -> None:
    """What charmcraft and Juju need of a charmcraft.yaml, and what this project promises of it."""
    declared = yaml.safe_load((answers.CHARMS / name / "charmcraft.yaml").read_text())
    assert declared["name"] == name and declared["type"] == "charm"
    assert declared.keys() >= {"title", "summary", "description", "platforms", "parts"}
    assert len(declared["summary"]) < 79
    for container in declared.get("containers", {}).values():
        assert declared["resources"][container["resource"]]["type"] == "oci-image"
        for mount in container.get("mounts", []):
            assert mount["storage"] in declared["storage"]
    for option in declared.get("config", {}).get("options", {}).values():
        assert option.keys() >= {"type", "default", "description"}
    for action in declared.get("actions", {}).values():
        assert action["description"] and action["additionalProperties"] is False
        assert set(action.get("required", [])) <= set(action.get("params", {}))


def test_every_required_interface_is_provided() -> None:
    declared = {
        name: yaml.safe_load((answers.CHARMS / name / "charmcraft.yaml").read_text()) for name in CHARMS
    }
    provided = {end["interface"] for one in declared.values() for end in one.get("provides", {}).values()}
    required = {end["interface"] for one in declared.values() for end in one.get("requires", {}).values()}
    assert required <= provided
