"""rabbitmq: accounts are definitions, loaded at the start and imported into a running broker."""

import base64
import hashlib
import json
from typing import Any

import pytest
from ops import pebble, testing

from tests.unit.charms import answers

CTL = "/usr/lib/rabbitmq/bin/rabbitmqctl"


@pytest.fixture(scope="module")
def context() -> Any:
    made = answers.context("rabbitmq")
    made.charm._listens = lambda charm: True
    return made


def container(running: bool = False) -> testing.Container:
    execs = {testing.Exec((CTL, "-q"), stdout='[{"name": "q", "messages": 1}]'), testing.Exec(("chown",))}
    execs.add(testing.Exec(("chmod",)))
    statuses = {"rabbitmq": pebble.ServiceStatus.ACTIVE} if running else {}
    layers = {"sunbeam": pebble.Layer({"services": {"rabbitmq": {"override": "replace", "command": "x"}}})}
    return testing.Container(
        "rabbitmq",
        can_connect=True,
        execs=execs,
        service_statuses=statuses,
        layers=layers if running else {},
    )


def wants(username: str, relation_id: int = 7, vhost: str = "openstack") -> testing.Relation:
    bag = {"username": username, "vhost": vhost}
    return testing.Relation("amqp", id=relation_id, remote_app_name=username, remote_app_data=bag)


def state(*relations: Any, leader: bool = True, **changes: Any) -> testing.State:
    everything: dict[str, Any] = {
        "leader": leader,
        "model": testing.Model("openstack", type="kubernetes"),
        "containers": [container()],
        "relations": [testing.PeerRelation("peers"), *relations],
    }
    return testing.State(**(everything | changes))


def run(context: Any, before: testing.State) -> Any:
    context.exec_history.clear()
    after = context.run(context.on.config_changed(), before)
    return after


def control(context: Any) -> list[list[str]]:
    history = context.exec_history.get("rabbitmq", [])
    return [call.command[2:] for call in history if call.command[0] == CTL]


def definitions(context: Any, state: testing.State) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(answers.file(context, state, "/etc/rabbitmq/definitions.json"))
    return read


def test_the_node_keeps_its_name_and_idles_quietly(context: Any) -> None:
    after = run(context, state())
    service = answers.services(after)["rabbitmq"]
    assert service.user == "rabbitmq"
    assert service.environment["RABBITMQ_NODENAME"] == "rabbit@localhost"
    assert "+S 1:1 +sbwt none" in service.environment["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"]
    assert after.unit_status == testing.ActiveStatus()


def test_accounts_are_definitions_with_hashes_only(context: Any) -> None:
    after = run(context, state(wants("nova"), wants("neutron", 8)))
    password = after.get_secret(label="user-nova").tracked_content["password"]
    document = definitions(context, after)
    users = {user["name"]: user for user in document["users"]}
    assert users.keys() == {"nova", "neutron", "operator"}
    assert users["operator"]["tags"] == ["administrator"] and users["nova"]["tags"] == []
    raw = base64.b64decode(users["nova"]["password_hash"])
    assert raw[4:] == hashlib.sha256(raw[:4] + password.encode()).digest()
    assert password not in json.dumps(document)
    assert {"user": "nova", "vhost": "openstack", "configure": ".*", "write": ".*", "read": ".*"} in document[
        "permissions"
    ]


def test_applications_are_answered_with_a_secret(context: Any) -> None:
    after = run(context, state(wants("nova")))
    (relation,) = after.get_relations("amqp")
    assert relation.local_app_data["hostname"] == "rabbitmq.openstack.svc.cluster.local"
    secret = after.get_secret(id=relation.local_app_data["credentials"])
    assert secret.remote_grants == {7: {"nova"}}
    assert "password" not in relation.local_app_data


def test_a_broker_that_starts_imports_nothing(context: Any) -> None:
    run(context, state(wants("nova")))
    assert control(context) == []


def test_a_running_broker_imports_a_new_account(context: Any) -> None:
    run(context, state(wants("nova"), containers=[container(running=True)]))
    assert control(context) == [["import_definitions", "/etc/rabbitmq/definitions.json"]]


def test_a_departed_application_loses_its_account(context: Any) -> None:
    first = run(context, state(wants("nova"), wants("neutron", 8)))
    left = [relation for relation in first.relations if relation.id != 8]
    run(context, state(relations=left, secrets=first.secrets, containers=[container(running=True)]))
    assert ["delete_user", "neutron"] in control(context)


def test_actions(context: Any) -> None:
    first = run(context, state(wants("nova")))
    context.run(context.on.action("get-operator-info"), first)
    assert context.action_results["username"] == "operator"
    context.run(context.on.action("list-queues", params={"vhost": "openstack"}), first)
    assert json.loads(context.action_results["queues"])[0]["name"] == "q"
