from __future__ import annotations

import json
from typing import Any

import pytest

from sunbeam.operators.entities import Action, Application, Storage
from sunbeam.operators.tools import ToolError
from sunbeam.operators.tools.registry import TOOLS
from tests.unit.operators.hook_world import MODEL, HookWorld


def parsed(text: str) -> Any:
    return json.loads(text)


def test_config_get_merges_defaults_and_leaves_out_what_has_no_value(world: HookWorld) -> None:
    glance = world.hook("glance/0")
    glance.context.application.config["debug"] = True
    assert parsed(glance.call("config-get --format=json")) == {"debug": True, "region": "RegionOne"}
    assert glance.call("config-get region") == "RegionOne\n"
    assert glance.call("config-get unset") == ""
    assert parsed(glance.call("config-get unset --format=json")) is None


def test_relation_writes_are_seen_by_their_hook_and_take_effect_on_success(world: HookWorld) -> None:
    failing = world.hook("mariadb/0")
    failing.call("relation-set -r database:0 lost=1")
    assert world.relation().data == {}

    hook = world.hook("mariadb/0")
    hook.call("relation-set -r database:0 --file -", stdin='{"host": "db", "port": "3306", "gone": "x"}')
    hook.call("relation-set -r database:0", "gone=", "text=two words")
    hook.call("relation-set --app -r 0", "version=8")
    assert parsed(hook.call("relation-get --format=json -r database:0 - mariadb/0"))["host"] == "db"
    hook.succeed()

    relation = world.relation()
    assert relation.data["mariadb/0"] == {"host": "db", "port": "3306", "text": "two words"}
    assert relation.data["mariadb"] == {"version": "8"}
    assert relation.versions == {"mariadb/0": 1, "mariadb": 1}
    reader = world.hook("glance/0", "relation-changed", relation="0", remote_unit="mariadb/0")
    assert reader.call("relation-get port") == "3306\n"
    assert parsed(reader.call("relation-get --format=json --app - mariadb -r database:0")) == {"version": "8"}


def test_writing_the_same_again_is_no_change(world: HookWorld) -> None:
    for _ in range(2):
        hook = world.hook("mariadb/0")
        hook.call("relation-set -r 0 host=db")
        hook.succeed()
    assert world.relation().versions == {"mariadb/0": 1}


def test_a_leader_has_seen_its_own_write_to_the_peers(world: HookWorld) -> None:
    hook = world.hook("mariadb/0")
    hook.call("relation-set -r 1 --app cluster=yes")
    hook.succeed()
    assert world.unit("mariadb/0").seen.relations["1"].applications == {"mariadb": 1}
    assert world.unit("mariadb/1").seen.relations["1"].applications == {}
    assert parsed(world.hook("mariadb/1").call("relation-get --format=json -r 1 --app - mariadb")) == {
        "cluster": "yes"
    }


def test_relation_list_shows_units_that_have_joined(world: HookWorld) -> None:
    assert parsed(world.hook("glance/0").call("relation-list --format=json -r database:0")) == []
    joined = world.hook("glance/0", "relation-joined", relation="0", remote_unit="mariadb/1")
    assert parsed(joined.call("relation-list --format=json")) == ["mariadb/1"]
    world.unit("glance/0").seen.relations["0"].units = {"mariadb/0": 1, "mariadb/1": 1}
    departed = world.hook("glance/0", "relation-departed", relation="0", remote_unit="mariadb/1")
    assert parsed(departed.call("relation-list --format=json -r 0")) == ["mariadb/0"]
    assert parsed(departed.call("relation-list --format=json --app -r 0")) == "mariadb"
    assert parsed(departed.call("relation-ids database --format=json")) == ["database:0"]
    assert parsed(departed.call("relation-model-get -r 0 --format=json")) == {"uuid": MODEL}


@pytest.mark.parametrize(
    ("unit", "line", "message", "code"),
    [
        ("glance/0", "relation-get -r 7 - glance/0", "relation not found", 2),
        ("glance/0", "relation-list", "no relation id specified", 2),
        ("mariadb/1", "relation-set -r 0 --app a=b", "cannot write relation settings", 1),
        ("mariadb/1", "relation-get -r 0 --app - mariadb", "permission denied", 1),
        ("mariadb/1", "status-set --application=True active", "this unit is not the leader", 1),
        ("mariadb/1", "secret-add --owner application key=value", "this unit is not the leader", 1),
        ("glance/0", "status-set error", "invalid status", 1),
        ("glance/0", "secret-get secret:abcdefghijklmnopqrst", "not found", 1),
        ("glance/0", "secret-get --label nothing", "not found", 1),
        ("glance/0", "secret-add ab=short", 'key "ab" not valid', 2),
        ("glance/0", "resource-get data", "not found", 1),
        ("glance/0", "storage-get -s data/9", "storage not found", 2),
        ("glance/0", "storage-add extra=3", "at most 2", 1),
        ("glance/0", "open-port 99999", "invalid port", 2),
        ("glance/0", "network-get nothing", "no network config found", 1),
        ("glance/0", "action-get", "not running an action", 1),
        ("glance/0", "credential-get", "cannot access cloud credentials", 1),
        ("glance/0", "config-get --nonsense", "option provided but not defined", 2),
        ("glance/0", "relation-get -r", "option needs an argument", 2),
        ("glance/0", "relation-set -r 0 nonsense", 'expected "key=value"', 2),
    ],
)
def test_refusals(world: HookWorld, unit: str, line: str, message: str, code: int) -> None:
    with pytest.raises(ToolError, match=message) as refusal:
        world.hook(unit).call(line)
    assert str(refusal.value).startswith("ERROR ")
    assert refusal.value.code == code


def test_statuses_take_effect_at_once(world: HookWorld) -> None:
    hook = world.hook("mariadb/0")
    hook.call("status-set --application=False waiting --", "for storage")
    hook.call("application-version-set -- 11.8")
    unit = world.unit("mariadb/0")
    assert (unit.workload_status.current, unit.workload_status.message) == ("waiting", "for storage")
    assert parsed(hook.call("status-get --include-data --format=json --application=false")) == {
        "status": "waiting",
        "message": "for storage",
        "status-data": {},
    }
    hook.call("status-set --application=True blocked")
    status = parsed(hook.call("status-get --include-data --format=json --application=true"))
    assert status["application-status"]["status"] == "blocked"
    assert set(status["application-status"]["units"]) == {"mariadb/0", "mariadb/1"}
    assert parsed(hook.call("is-leader --format=json")) is True
    application = world.store.get(Application, MODEL, "mariadb")
    assert application and application.workload_version == "11.8"


def test_a_status_that_says_the_same_keeps_its_time(world: HookWorld) -> None:
    hook = world.hook("mariadb/0")
    hook.call("status-set active")
    since = world.unit("mariadb/0").workload_status.since
    hook.call("status-set active")
    assert world.unit("mariadb/0").workload_status.since == since


def test_ports(world: HookWorld) -> None:
    hook = world.hook("glance/0")
    hook.call("open-port 9292")
    hook.call("open-port 53/udp")
    hook.call("open-port 8000-8010/tcp")
    hook.call("close-port 53/udp")
    assert parsed(hook.call("opened-ports --format=json")) == ["8000-8010/tcp", "9292/tcp"]
    assert world.unit("glance/0").ports == []
    hook.succeed()
    assert world.unit("glance/0").ports == ["8000-8010/tcp", "9292/tcp"]


def test_network_get(world: HookWorld) -> None:
    hook = world.hook("glance/0")
    network = parsed(hook.call("network-get database --format=json"))
    assert network["ingress-addresses"] == ["10.20.30.4"]
    assert network["egress-subnets"] == ["10.20.30.4/32"]
    assert network["bind-addresses"][0]["addresses"][0]["value"] == "10.20.30.4"
    assert hook.call("network-get database --bind-address") == "10.20.30.4\n"
    assert hook.call("unit-get private-address") == "10.20.30.4\n"


def test_charm_state(world: HookWorld) -> None:
    hook = world.hook("glance/0")
    hook.call("state-set --file -", stdin='{"a": "1", "b": "2"}')
    hook.call("state-delete a")
    assert parsed(hook.call("state-get --format=json")) == {"b": "2"}
    assert world.unit("glance/0").charm_state == {}
    hook.succeed()
    assert world.unit("glance/0").charm_state == {"b": "2"}


def test_storage_added_by_a_charm(world: HookWorld) -> None:
    hook = world.hook("glance/0")
    hook.call("storage-add extra=2")
    with pytest.raises(ToolError, match="at most"):
        hook.call("storage-add extra")
    hook.succeed()
    assert world.unit("glance/0").storage == ["extra/0", "extra/1"]
    storage = world.store.get(Storage, MODEL, "extra/1")
    assert storage and storage.unit == "glance/0"
    later = world.hook("glance/0", "storage-attached", storage="extra/1")
    assert parsed(later.call("storage-get --format=json")) == {
        "kind": "filesystem",
        "location": storage.location,
    }
    assert parsed(later.call("storage-list --format=json extra")) == ["extra/0", "extra/1"]


def test_actions(world: HookWorld) -> None:
    hook = world.action("mariadb/0", compress=True)
    assert parsed(hook.call("action-get --format=json")) == {"where": "/backup", "compress": True}
    assert hook.call("action-get where") == "/backup\n"
    hook.call("action-set size=3 file.name=a.sql file.mode=600")
    hook.call("action-log --", "half done")
    hook.call("action-fail --", "disk full")
    action = world.store.get(Action, MODEL, "1")
    assert action is not None
    assert action.results == {"size": "3", "file": {"name": "a.sql", "mode": "600"}}
    assert [line["message"] for line in action.log] == ["half done"]
    assert action.message == "disk full" and hook.context.action_failed
    with pytest.raises(ToolError, match="lowercase"):
        hook.call("action-set Bad_Key=1")
    with pytest.raises(ToolError, match="reserved"):
        hook.call("action-set stdout=1")


def test_juju_log_goes_to_the_debug_log(world: HookWorld) -> None:
    hook = world.hook("glance/0")
    hook.call("juju-log --log-level WARNING --", "two words")
    (record,) = world.store.logs(MODEL)
    assert (record.tag, record.level, record.message) == ("unit-glance-0", "WARNING", "two words")
    assert record.module == "unit.glance/0.juju-log"


def test_goal_state(world: HookWorld) -> None:
    goal = parsed(world.hook("glance/0").call("goal-state --format=json"))
    assert set(goal["units"]) == {"glance/0"}
    assert set(goal["relations"]["database"]) == {"mariadb", "mariadb/0", "mariadb/1"}


def test_every_tool_that_ops_calls_is_there() -> None:
    called = """
        action-fail action-get action-log action-set application-version-set close-port config-get
        credential-get goal-state is-leader juju-log juju-reboot network-get open-port opened-ports
        relation-get relation-ids relation-list relation-model-get relation-set resource-get secret-add
        secret-get secret-grant secret-ids secret-info-get secret-remove secret-revoke secret-set state-delete
        state-get state-set status-get status-set storage-add storage-get storage-list
    """
    assert set(called.split()) <= TOOLS.keys()
