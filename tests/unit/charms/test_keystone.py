"""keystone: one bootstrap step, keys in secrets, and a catalogue kept through a fake of its own API."""

import configparser
import json
from typing import Any

import pytest
from ops import testing

from tests.unit.charms import answers

BOOTSTRAP = ("python3", "/usr/share/sunbeam/bootstrap.py")
INTERNAL = "http://keystone.openstack.svc.cluster.local:5000/v3"
PUBLIC = "https://cloud/openstack-keystone/v3"
GLANCE = {
    "service_name": "glance",
    "type": "image",
    "description": "OpenStack Image",
    "internal_url": "http://glance:9292",
    "public_url": "https://cloud/openstack-glance",
    "admin_url": "http://glance:9292",
}


class FakeKeystone:
    """Keeps resources as Keystone does; ``calls`` are its writes."""

    def __init__(self) -> None:
        self.resources: dict[str, dict[str, dict[str, Any]]] = {
            "projects": {"p-admin": {"id": "p-admin", "name": "admin", "domain_id": "default"}},
            "roles": {name: {"id": f"r-{name}", "name": name} for name in ("admin", "service")},
            "regions": {"RegionOne": {"id": "RegionOne"}},
            "users": {},
            "services": {},
            "endpoints": {},
        }
        self.grants: set[tuple[str, str, str]] = set()
        self.logins: list[tuple[str, str]] = []
        self.calls: list[str] = []

    def alive(self) -> bool:
        return True

    def authenticate(self, username: str, password: str, project: str) -> None:
        self.logins.append((username, password))

    def list(self, kind: str, **query: str) -> list[dict[str, Any]]:
        found = self.resources[kind].values()
        return [one for one in found if all(one.get(key) == value for key, value in query.items())]

    def find(self, kind: str, **query: str) -> dict[str, Any] | None:
        return next(iter(self.list(kind, **query)), None)

    def ensure(self, kind: str, identity: dict[str, str], **wanted: Any) -> dict[str, Any]:
        found = self.find(kind, **identity)
        if found is None:
            return self.create(kind, {**identity, **wanted})
        self.update(kind, found["id"], wanted)
        return found

    def create(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        self.calls.append(f"create {kind}")
        one = {"id": f"{kind}-{len(self.calls)}", **content}
        self.resources[kind][one["id"]] = one
        return one

    def update(self, kind: str, resource_id: str, changes: dict[str, Any]) -> None:
        self.calls.append(f"update {kind}")
        self.resources[kind][resource_id].update(changes)

    def grant(self, project_id: str, user_id: str, role_id: str) -> None:
        self.grants.add((project_id, user_id, role_id))

    def delete(self, kind: str, resource_id: str) -> None:
        self.calls.append(f"delete {kind}")
        self.resources[kind].pop(resource_id, None)

    def urls(self, service: str) -> dict[str, str]:
        found = self.find("services", name=service)
        assert found is not None
        return {one["interface"]: one["url"] for one in self.list("endpoints", service_id=found["id"])}


@pytest.fixture(scope="module")
def context() -> Any:
    return answers.context("keystone")


@pytest.fixture
def keystone(context: Any, monkeypatch: pytest.MonkeyPatch) -> FakeKeystone:
    fake = FakeKeystone()
    monkeypatch.setattr(context.charm, "client", lambda url: fake)
    return fake


def container(can_connect: bool = True) -> testing.Container:
    execs = {testing.Exec(BOOTSTRAP), testing.Exec(("chown",)), testing.Exec(("chmod",))}
    return testing.Container("keystone", can_connect=can_connect, execs=execs)


def glance(relation_id: int = 7) -> testing.Relation:
    bag = {"service-endpoints": json.dumps([GLANCE]), "region": "RegionOne"}
    return testing.Relation("identity-service", id=relation_id, remote_app_name="glance", remote_app_data=bag)


def hypervisor() -> testing.Relation:
    bag = {"username": "nova-hypervisor"}
    return testing.Relation("identity-credentials", id=9, remote_app_name="remote-1", remote_app_data=bag)


def state(
    *relations: Any, without: tuple[str, ...] = (), leader: bool = True, **changes: Any
) -> testing.State:
    related = {
        "database": answers.database("database"),
        "cache": answers.cache(),
        "ingress": answers.ingress("ingress", "https://cloud/openstack-keystone"),
        "peers": testing.PeerRelation("peers"),
    }
    kept = [relation for name, relation in related.items() if name not in without]
    everything: dict[str, Any] = {
        "leader": leader,
        "model": testing.Model("openstack", type="kubernetes"),
        "containers": [container()],
        "relations": [*kept, *relations],
        "secrets": answers.SECRETS,
    }
    return testing.State(**(everything | changes))


def run(context: Any, before: testing.State) -> Any:
    context.exec_history.clear()
    return context.run(context.on.config_changed(), before)


def bootstraps(context: Any) -> list[Any]:
    history = context.exec_history.get("keystone", [])
    return [call for call in history if tuple(call.command) == BOOTSTRAP]


def secret(state: Any, label: str) -> dict[str, str]:
    found: dict[str, str] = state.get_secret(label=label).tracked_content
    return found


def test_its_file_and_its_service(context: Any, keystone: FakeKeystone) -> None:
    after = run(context, state())
    config = configparser.ConfigParser(interpolation=None)
    config.read_string(answers.file(context, after, "/etc/keystone/keystone.conf"))
    assert config["database"]["connection"].startswith(
        "mysql+pymysql://svc:database-password@mariadb:3306/keystone"
    )
    assert config["token"]["provider"] == "fernet"
    assert config["identity"]["max_password_length"] == "72"
    for section in ("fernet_tokens", "fernet_receipts"):
        assert config[section]["key_repository"] == "/etc/keystone/fernet-keys"
    assert config["credential"]["key_repository"] == "/etc/keystone/credential-keys"
    assert config["cache"]["memcache_servers"] == "memcached:11211"
    assert config["oslo_middleware"]["enable_proxy_headers_parsing"] == "true"
    service = answers.services(after)["keystone"]
    assert service.command == "uwsgi_python3 --ini /etc/keystone/uwsgi.ini"
    assert service.user == "keystone"
    uwsgi = answers.file(context, after, "/etc/keystone/uwsgi.ini")
    assert "http-socket = :5000\n" in uwsgi and "wsgi-file = /usr/bin/keystone-wsgi-public\n" in uwsgi
    assert after.unit_status == testing.ActiveStatus()


def test_bootstrap_runs_once_with_its_password_in_the_environment(
    context: Any, keystone: FakeKeystone
) -> None:
    first = run(context, state())
    (call,) = bootstraps(context)
    assert call.environment["OS_BOOTSTRAP_PASSWORD"] == secret(first, "admin-account")["password"]
    assert call.environment["OS_BOOTSTRAP_PUBLIC_URL"] == PUBLIC
    assert call.user == "keystone"
    run(context, first)
    assert bootstraps(context) == []


def test_another_database_is_bootstrapped_again(context: Any, keystone: FakeKeystone) -> None:
    first = run(context, state())
    peers = first.get_relations("peers")[0]
    bag = {"endpoints": "other:3306", "secret-user": answers.DATABASE.id}
    other = testing.Relation("database", remote_app_data=bag, remote_app_name="mariadb")
    run(context, state(other, peers, without=("database", "peers"), secrets=first.secrets))
    assert len(bootstraps(context)) == 1


def test_keys_are_files_of_the_service_user(context: Any, keystone: FakeKeystone) -> None:
    after = run(context, state())
    for label in ("fernet-keys", "credential-keys"):
        keys = secret(after, label)
        assert keys.keys() == {"key-0", "key-1"}
        for name, key in keys.items():
            number = name.removeprefix("key-")
            assert answers.file(context, after, f"/etc/keystone/{label}/{number}") == key


def test_rotation_keeps_tokens_valid_and_restarts_nothing(context: Any, keystone: FakeKeystone) -> None:
    before = run(context, state())
    old, fingerprint = secret(before, "fernet-keys"), answers.services(before)["keystone"].environment
    fernet = before.get_secret(label="fernet-keys")
    rotated = context.run(context.on.secret_rotate(fernet), before)
    new = rotated.get_secret(label="fernet-keys").latest_content
    assert new["key-2"] == old["key-0"] and new["key-1"] == old["key-1"]
    assert new["key-0"] not in old.values()
    assert answers.services(rotated)["keystone"].environment == fingerprint


@pytest.mark.parametrize("missing", ["database"])
def test_a_missing_relation_is_named(context: Any, keystone: FakeKeystone, missing: str) -> None:
    after = run(context, state(without=(missing,)))
    assert after.unit_status == testing.BlockedStatus(f"Integrate keystone:{missing}.")
    assert answers.services(after) == {}


def test_it_waits_for_a_relation_without_answer(context: Any, keystone: FakeKeystone) -> None:
    after = run(
        context, state(testing.Relation("database", remote_app_name="mariadb"), without=("database",))
    )
    assert after.unit_status == testing.WaitingStatus("Waiting for mariadb to answer over database.")


def test_it_keeps_running_when_a_relation_is_lost(context: Any, keystone: FakeKeystone) -> None:
    first = run(context, state())
    left = [relation for relation in first.relations if relation.endpoint != "database"]
    after = run(context, state(relations=left, containers=first.containers, secrets=first.secrets))
    assert answers.running(after) == {"keystone"}
    assert after.unit_status.name == "blocked"


def test_another_unit_waits_for_the_leader_then_runs(context: Any, keystone: FakeKeystone) -> None:
    first = run(context, state(leader=False))
    assert bootstraps(context) == []
    message = "Waiting for the leader to finish the step bootstrap."
    assert first.unit_status == testing.WaitingStatus(message)
    led = run(context, state())
    peers = led.get_relations("peers")[0]
    after = run(context, state(peers, without=("peers",), leader=False, secrets=led.secrets))
    assert answers.running(after) == {"keystone"}
    assert bootstraps(context) == []


def test_without_its_container_it_waits(context: Any, keystone: FakeKeystone) -> None:
    after = run(context, state(glance(), containers=[container(can_connect=False)]))
    assert after.unit_status == testing.WaitingStatus("Waiting for Pebble in the container keystone.")
    assert keystone.calls == []


def test_a_service_gets_an_account_and_its_catalogue_entries(context: Any, keystone: FakeKeystone) -> None:
    after = run(context, state(glance()))
    bag = after.get_relations("identity-service")[0].local_app_data
    assert bag["internal-auth-url"] == INTERNAL and bag["public-auth-url"] == PUBLIC
    assert (bag["service-protocol"], bag["service-host"], bag["service-port"]) == ("https", "cloud", "443")
    assert bag["admin-role"] == "admin"
    account = secret(after, "service-7")
    assert after.get_secret(id=bag["service-credentials"]).label == "service-7"
    user = keystone.find("users", name="glance")
    assert user is not None and user["password"] == account["password"]
    granted = {role for _, user_id, role in keystone.grants if user_id == user["id"]}
    assert granted == {"r-admin", "r-service"}
    assert keystone.urls("glance") == {
        "internal": "http://glance:9292",
        "admin": "http://glance:9292",
        "public": "https://cloud/openstack-glance",
    }
    assert keystone.urls("keystone")["public"] == PUBLIC
    assert keystone.logins == [("admin", secret(after, "admin-account")["password"])]


def test_nothing_is_asked_of_the_api_when_nothing_changed(context: Any, keystone: FakeKeystone) -> None:
    first = run(context, state(glance(), hypervisor()))
    keystone.calls.clear()
    keystone.logins.clear()
    run(context, first)
    assert keystone.calls == [] and keystone.logins == []


def test_credentials_are_an_account_alone(context: Any, keystone: FakeKeystone) -> None:
    after = run(context, state(hypervisor()))
    bag = after.get_relations("identity-credentials")[0].local_app_data
    assert secret(after, "credentials-9")["username"] == "nova-hypervisor"
    assert bag["internal-endpoint"] == INTERNAL and bag["public-endpoint"] == PUBLIC
    assert (bag["project-name"], bag["user-domain-name"]) == ("service", "Default")


def test_a_departed_service_leaves_the_catalogue(context: Any, keystone: FakeKeystone) -> None:
    first = run(context, state(glance()))
    left = [relation for relation in first.relations if relation.endpoint != "identity-service"]
    after = run(context, state(relations=left, secrets=first.secrets))
    assert keystone.find("services", name="glance") is None
    assert keystone.find("users", name="glance") is None
    assert "service-7" not in {one.label for one in after.secrets}


def test_the_administrators_account_is_an_openrc(context: Any, keystone: FakeKeystone) -> None:
    first = run(context, state())
    context.run(context.on.action("get-admin-account"), first)
    password = secret(first, "admin-account")["password"]
    assert f"export OS_PASSWORD={password}\n" in context.action_results["openrc"]
    assert f"export OS_AUTH_URL={PUBLIC}\n" in context.action_results["openrc"]
    context.run(context.on.action("get-admin-password"), first)
    assert context.action_results == {"password": password}


def test_a_service_account_is_made_or_shown(context: Any, keystone: FakeKeystone) -> None:
    first = run(context, state(glance()))
    context.run(context.on.action("get-service-account", params={"username": "glance"}), first)
    assert context.action_results["password"] == secret(first, "service-7")["password"]
    context.run(context.on.action("get-service-account", params={"username": "probe"}), first)
    made = keystone.find("users", name="probe")
    assert made is not None and made["password"] == context.action_results["password"]


def test_a_new_password_reaches_keystone_and_the_secret(context: Any, keystone: FakeKeystone) -> None:
    first = run(context, state(glance()))
    after = context.run(context.on.action("regenerate-password", params={"username": "glance"}), first)
    password = context.action_results["password"]
    user = keystone.find("users", name="glance")
    assert user is not None and user["password"] == password
    assert after.get_secret(label="service-7").latest_content["password"] == password
    with pytest.raises(testing.ActionFailed, match="made no account nobody"):
        context.run(context.on.action("regenerate-password", params={"username": "nobody"}), first)


def test_actions_say_why_they_cannot_run(context: Any, keystone: FakeKeystone) -> None:
    for before in (state(leader=False), state(without=("database",))):
        with pytest.raises(testing.ActionFailed, match=r"run this action on it|does not run yet"):
            context.run(context.on.action("get-admin-account"), before)


def test_keys_nobody_reads_are_removed(context: Any, keystone: FakeKeystone) -> None:
    before = run(context, state())
    context.run(context.on.secret_remove(before.get_secret(label="fernet-keys"), revision=42), before)
    assert context.removed_secret_revisions == [42]
