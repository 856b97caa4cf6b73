"""ovn-central: OVN's two databases over TLS, and northd."""

import json
from typing import Any

import pytest
from ops import testing

from tests.unit.charms import answers

NAMES = (
    "ovn-central-0.ovn-central-endpoints.openstack.svc.cluster.local",
    "ovn-central.openstack.svc.cluster.local",
    "192.0.2.0",
)


@pytest.fixture(scope="module")
def context() -> Any:
    return answers.context("ovn-central")


def state(*without: str, can_connect: bool = True, probe: int = 60) -> testing.State:
    certificates, kept = answers.issued_certificate(NAMES)
    everything = {
        "certificates": certificates,
        "ovsdb-cms": testing.Relation("ovsdb-cms", remote_app_name="neutron"),
        "peers": testing.PeerRelation("peers"),
    }
    return testing.State(
        leader=True,
        model=testing.Model("openstack", type="kubernetes"),
        containers=[testing.Container("ovn", can_connect=can_connect)],
        relations=[relation for name, relation in everything.items() if name not in without],
        secrets=[kept],
        config={"inactivity-probe": probe},
    )


def run(context: Any, before: testing.State) -> testing.State:
    after: testing.State = context.run(context.on.config_changed(), before)
    return after


def test_without_certificates_nothing_runs(context: Any) -> None:
    out = run(context, state("certificates"))
    assert out.unit_status == testing.BlockedStatus("Integrate ovn-central:certificates.")
    assert answers.services(out) == {}


def test_without_pebble_the_charm_waits(context: Any) -> None:
    out = run(context, state(can_connect=False))
    assert out.unit_status == testing.WaitingStatus("Waiting for Pebble in the container ovn.")


def test_databases_and_northd_run_in_the_foreground(context: Any) -> None:
    out = run(context, state())
    assert out.unit_status == testing.ActiveStatus()
    assert answers.running(out) == {"ovsdb-server-nb", "ovsdb-server-sb", "ovn-northd"}
    northd = answers.services(out)["ovn-northd"].command
    assert "--detach" not in northd and "--ovnnb-db=unix:/run/ovn/ovnnb_db.sock" in northd


@pytest.mark.parametrize(("name", "port"), [("nb", 6641), ("sb", 6642)])
def test_databases_listen_with_tls_only(context: Any, name: str, port: int) -> None:
    out = run(context, state(probe=30))
    written = json.loads(answers.file(context, out, f"/etc/ovn/{name}.json"))
    assert written == {
        "remotes": {
            f"punix:/run/ovn/ovn{name}_db.sock": {},
            f"pssl:{port}:0.0.0.0": {"inactivity-probe": 30000},
        },
        "databases": {f"/var/lib/ovn/ovn{name}_db.db": {}},
    }
    assert answers.file(context, out, "/etc/ovn/key.pem") == "KEY"


def test_a_changed_probe_leaves_northd_alone(context: Any) -> None:
    before, after = run(context, state()), run(context, state(probe=5))
    old, new = answers.services(before), answers.services(after)
    assert old["ovsdb-server-nb"] != new["ovsdb-server-nb"]
    assert old["ovn-northd"] == new["ovn-northd"]


def test_the_address_is_published_once_databases_run(context: Any) -> None:
    def published(out: testing.State) -> dict[str, str]:
        relation: Any = next(one for one in out.relations if one.endpoint == "ovsdb-cms")
        return {key: value for key, value in relation.local_unit_data.items() if "bound" in key}

    assert published(run(context, state("certificates"))) == {}
    assert published(run(context, state())) == {
        "bound-address": "192.0.2.0",
        "bound-hostname": NAMES[0],
        "ingress-bound-address": "192.0.2.0",
    }


def test_a_second_unit_serves_no_second_network() -> None:
    second = answers.context("ovn-central", unit=1)
    certificates, _ = answers.issued_certificate(NAMES)
    names = (NAMES[0].replace("central-0", "central-1"), *NAMES[1:])
    _, kept = answers.issued_certificate(names)
    before = testing.State(
        model=testing.Model("openstack", type="kubernetes"),
        containers=[testing.Container("ovn", can_connect=True)],
        relations=[certificates, testing.Relation("ovsdb-cms"), testing.PeerRelation("peers")],
        secrets=[kept],
    )
    out = run(second, before)
    assert isinstance(out.unit_status, testing.BlockedStatus) and answers.services(out) == {}
