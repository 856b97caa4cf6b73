"""memcached: one service without state, and its address."""

from typing import Any

from ops import pebble, testing

from tests.unit.charms import answers


def test_it_runs_and_says_where() -> None:
    context: Any = answers.context("memcached")
    before = testing.State(
        leader=False,
        model=testing.Model("openstack", type="kubernetes"),
        containers=[testing.Container("memcached", can_connect=True)],
        relations=[testing.Relation("cache"), testing.PeerRelation("peers")],
        config={"size": 128},
    )
    after = context.run(context.on.pebble_ready(before.get_container("memcached")), before)
    service = answers.services(after)["memcached"]
    assert service.command == "memcached -m 128 -c 1024 -p 11211 -l 0.0.0.0"
    assert service.user == "memcache"
    (relation,) = after.get_relations("cache")
    host = "memcached-0.memcached-endpoints.openstack.svc.cluster.local"
    assert relation.local_unit_data["host"] == host
    assert relation.local_unit_data["port"] == "11211"
    assert after.unit_status == testing.ActiveStatus()


def test_without_its_container_it_waits_and_says_nothing() -> None:
    context: Any = answers.context("memcached")
    before = testing.State(containers=[testing.Container("memcached")], relations=[testing.Relation("cache")])
    after = context.run(context.on.config_changed(), before)
    assert after.unit_status == testing.WaitingStatus("Waiting for Pebble in the container memcached.")
    assert "host" not in after.get_relations("cache")[0].local_unit_data


def test_a_failing_check_is_named() -> None:
    context: Any = answers.context("memcached")
    check = testing.CheckInfo("alive", failures=3, status=pebble.CheckStatus.DOWN, threshold=3)
    layer = pebble.Layer(
        {"checks": {"alive": {"override": "replace", "threshold": 3, "tcp": {"port": 11211}}}}
    )
    container = testing.Container(
        "memcached", can_connect=True, check_infos={check}, layers={"sunbeam": layer}
    )
    before = testing.State(containers=[container])
    after = context.run(context.on.pebble_check_failed(container, check), before)
    assert after.unit_status == testing.WaitingStatus("Waiting for the check alive to succeed again.")
