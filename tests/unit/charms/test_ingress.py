"""ingress: URLs at once, a tried configuration, a reload instead of a restart."""

import json
from typing import Any

import pytest
from ops import pebble, testing

from tests.unit.charms import answers

CHECK = ("haproxy", "-c", "-q", "-f", "/etc/haproxy/candidate.cfg")
NAMES = ("cloud.example", "192.0.2.0", "ingress.openstack.svc.cluster.local")


@pytest.fixture(scope="module")
def context() -> Any:
    return answers.context("ingress")


def wants(name: str, relation_id: int, port: int = 9292, strip: bool = True) -> testing.Relation:
    bag = {"model": "openstack", "name": name, "port": port, "scheme": "http", "strip-prefix": strip}
    return testing.Relation(
        "ingress",
        id=relation_id,
        remote_app_name=name,
        remote_app_data={key: json.dumps(value) for key, value in bag.items()},
        remote_units_data={0: {"host": json.dumps(f"{name}-0"), "ip": json.dumps(f"10.20.30.{relation_id}")}},
    )


def container(code: int = 0) -> testing.Container:
    execs = {testing.Exec(CHECK, return_code=code, stderr="unknown keyword")}
    return testing.Container("haproxy", can_connect=True, execs=execs)


def state(*relations: Any, **changes: Any) -> testing.State:
    certificates, secret = answers.issued_certificate(NAMES)
    everything: dict[str, Any] = {
        "leader": True,
        "model": testing.Model("openstack", type="kubernetes"),
        "config": {"external-hostname": "cloud.example"},
        "containers": [container()],
        "relations": [testing.PeerRelation("peers"), certificates, *relations],
        "secrets": [secret],
    }
    return testing.State(**(everything | changes))


def run(context: Any, before: testing.State) -> Any:
    context.exec_history.clear()
    return context.run(context.on.config_changed(), before)


def url(state: Any) -> str:
    found: str = json.loads(state.get_relations("ingress")[0].local_app_data["ingress"])["url"]
    return found


def test_each_application_gets_a_path(context: Any) -> None:
    after = run(context, state(wants("glance", 21), wants("horizon", 26, port=8080, strip=False)))
    config = answers.file(context, after, "/etc/haproxy/haproxy.cfg")
    assert "acl openstack-glance path_beg /openstack-glance/\n" in config
    assert "server glance-0 10.20.30.21:9292\n" in config
    assert "server horizon-0 10.20.30.26:8080\n" in config
    stripped = config.partition("\nbackend openstack-glance")[2].partition("\nbackend openstack-horizon")
    assert "X-Forwarded-Prefix /openstack-glance\n" in stripped[0]
    assert "set-path" in stripped[0] and "set-path" not in stripped[2]
    assert after.unit_status == testing.ActiveStatus()


def test_the_address_is_published_before_the_proxy_runs(context: Any) -> None:
    after = run(context, state(wants("glance", 21), containers=[testing.Container("haproxy")]))
    assert url(after) == "https://cloud.example/openstack-glance"


def test_without_a_name_the_units_address_is_public(context: Any) -> None:
    after = run(context, state(wants("glance", 21), config={}))
    assert url(after) == "https://192.0.2.0/openstack-glance"


def test_it_asks_for_a_certificate_with_its_names(context: Any) -> None:
    asked = testing.Relation("certificates", remote_app_name="certificates")
    after = run(context, state(relations=[asked, testing.PeerRelation("peers")], secrets=[]))
    (kept,) = after.secrets
    assert kept.tracked_content["names"] == ",".join(NAMES)
    wanted = json.loads(
        after.get_relations("certificates")[0].local_unit_data["certificate_signing_requests"]
    )
    assert wanted[0]["certificate_signing_request"] == kept.tracked_content["certificate-signing-request"]
    assert after.unit_status == testing.WaitingStatus("Waiting for certificates to answer over certificates.")


def test_a_bad_configuration_fails_the_hook_and_is_not_used(context: Any, tmp_path: Any) -> None:
    mounts = {"etc": testing.Mount(location="/etc/haproxy", source=tmp_path)}
    bad = testing.Container("haproxy", can_connect=True, execs=container(code=1).execs, mounts=mounts)
    with pytest.raises(Exception, match="unknown keyword"):
        run(context, state(wants("glance", 21), containers=[bad]))
    assert (tmp_path / "candidate.cfg").exists() and not (tmp_path / "haproxy.cfg").exists()


def test_a_running_proxy_is_reloaded(context: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    signals: list[tuple[str, tuple[str, ...]]] = []
    client = "scenario.mocking._MockPebbleClient.send_signal"
    monkeypatch.setattr(client, lambda self, sig, services: signals.append((sig, tuple(services))))
    first = run(context, state(wants("glance", 21)))
    assert signals == []
    running = testing.Container(
        "haproxy",
        can_connect=True,
        execs=container().execs,
        layers=first.get_container("haproxy").layers,
        service_statuses={"haproxy": pebble.ServiceStatus.ACTIVE},
    )
    after = run(context, state(wants("glance", 21), wants("nova", 23), containers=[running]))
    assert signals == [("SIGUSR2", ("haproxy",))]
    assert answers.services(after) == answers.services(first)


def test_a_missing_relation_is_named(context: Any) -> None:
    after = run(context, state(relations=[testing.PeerRelation("peers")], secrets=[]))
    assert after.unit_status == testing.BlockedStatus("Integrate ingress:certificates.")


def test_endpoints_are_listed(context: Any) -> None:
    context.run(context.on.action("show-proxied-endpoints"), state(wants("glance", 21)))
    expected = "https://cloud.example/openstack-glance -> 10.20.30.21:9292"
    assert context.action_results == {"proxied-endpoints": expected}
