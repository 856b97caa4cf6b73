"""mariadb: a data folder that is made once, a database and an account for each application."""

import json
from typing import Any

import pytest
from ops import testing

from tests.unit.charms import answers

PING = ("mariadb-admin", "ping", "--silent")


@pytest.fixture(scope="module")
def context() -> Any:
    return answers.context("mariadb")


def container(can_connect: bool = True) -> testing.Container:
    execs = {testing.Exec(("bash", "-c"), stdout="1234\n"), testing.Exec(("mariadb",)), testing.Exec(PING)}
    return testing.Container("mariadb", can_connect=can_connect, execs=execs)


def wants(database: str, app: str = "keystone", relation_id: int = 7) -> testing.Relation:
    bag = {"database": database, "requested-secrets": "[]"}
    return testing.Relation("database", id=relation_id, remote_app_name=app, remote_app_data=bag)


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


def commands(context: Any) -> list[str]:
    return [call.command[0] for call in context.exec_history.get("mariadb", [])]


def sql(context: Any) -> str:
    calls = [call for call in context.exec_history["mariadb"] if call.command == ["mariadb"]]
    return calls[-1].stdin if calls else ""


def test_the_server_runs_as_its_own_user(context: Any) -> None:
    after = run(context, state())
    service = answers.services(after)["mariadb"]
    assert (service.command, service.user) == ("mariadbd", "mysql")
    assert answers.running(after) == {"mariadb"}
    config = answers.file(context, after, "/etc/mysql/mariadb.conf.d/90-sunbeam.cnf")
    assert "datadir = /var/lib/mysql/data\n" in config
    assert "innodb_flush_log_at_trx_commit = 2\n" in config
    assert "loose_innodb_snapshot_isolation = off\n" in config
    assert after.unit_status == testing.ActiveStatus()


def test_a_data_folder_is_not_made_twice(context: Any, tmp_path: Any) -> None:
    assert "bash" in commands_of(context, state())
    (tmp_path / "data").mkdir()
    storage = testing.Mount(location="/var/lib/mysql", source=tmp_path)
    mounted = testing.Container(
        "mariadb", can_connect=True, mounts={"database": storage}, execs=container().execs
    )
    assert "bash" not in commands_of(context, state(containers=[mounted]))


def commands_of(context: Any, before: testing.State) -> list[str]:
    run(context, before)
    return commands(context)


def test_each_application_gets_a_database_and_an_account(context: Any) -> None:
    after = run(context, state(wants("keystone"), wants("nova_cell0", "nova", 8)))
    first, second = sorted(after.get_relations("database"), key=lambda relation: relation.id)
    assert first.local_app_data["endpoints"] == "mariadb.openstack.svc.cluster.local:3306"
    contents = {secret.label: secret.tracked_content for secret in after.secrets}
    password = contents["keystone_7"]["password"]
    assert contents["keystone_7"]["username"] == "keystone_7"
    assert after.get_secret(id=second.local_app_data["secret-user"]).label == "nova_cell0_8"
    assert after.get_secret(label="keystone_7").remote_grants == {7: {"keystone"}}
    assert "CREATE DATABASE IF NOT EXISTS `nova_cell0`;" in sql(context)
    assert f"CREATE USER IF NOT EXISTS 'keystone_7'@'%' IDENTIFIED BY '{password}';" in sql(context)
    assert "GRANT ALL PRIVILEGES ON `keystone`.* TO 'keystone_7'@'%';" in sql(context)


def test_no_password_is_in_an_argument_list(context: Any) -> None:
    after = run(context, state(wants("keystone")))
    password = after.get_secret(label="keystone_7").tracked_content["password"]
    assert all(password not in " ".join(call.command) for call in context.exec_history["mariadb"])


def test_nothing_is_done_again_when_nothing_changed(context: Any) -> None:
    first = run(context, state(wants("keystone")))
    again = run(context, first)
    assert sql(context) == ""
    assert (
        again.get_relations("database")[0].local_app_data == first.get_relations("database")[0].local_app_data
    )


def test_a_departed_application_loses_its_account_not_its_data(context: Any) -> None:
    first = run(context, state(wants("keystone")))
    peers = first.get_relations("peers")[0]
    after = run(context, state(relations=[peers], secrets=first.secrets))
    assert sql(context) == "DROP USER IF EXISTS 'keystone_7'@'%';\n"
    assert json.loads(after.get_relations("peers")[0].local_app_data["accounts"]) == {}
    assert not list(after.secrets)


def test_a_strange_database_name_is_refused(context: Any) -> None:
    after = run(context, state(wants("x`; DROP DATABASE y")))
    assert sql(context) == ""
    assert after.unit_status == testing.BlockedStatus(
        "keystone asks for a database whose name is not a plain word."
    )


def test_another_unit_answers_nobody(context: Any) -> None:
    after = run(context, state(wants("keystone"), leader=False))
    assert after.get_relations("database")[0].local_app_data == {}


def test_without_its_container_it_waits(context: Any) -> None:
    after = run(context, state(wants("keystone"), containers=[container(can_connect=False)]))
    assert after.unit_status == testing.WaitingStatus("Waiting for Pebble in the container mariadb.")
    assert after.get_relations("database")[0].local_app_data == {}


def test_backup_names_its_file_and_restore_wants_one_that_exists(context: Any) -> None:
    context.run(context.on.action("backup"), state())
    path = context.action_results["path"]
    assert path.startswith("/var/lib/mysql/backups/") and path.endswith(".sql.gz")
    assert context.action_results["size"] == "1234"
    with pytest.raises(testing.ActionFailed, match="run the action backup first"):
        context.run(context.on.action("restore", params={"path": "/nowhere"}), state())
