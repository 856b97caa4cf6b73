from __future__ import annotations

from typing import Any

from sunbeam.juju.status import ModelStatus, parse_status
from sunbeam.juju.watch import in_trouble, not_active


def unit(workload: str, agent: str = "idle", message: str = "", **more: Any) -> dict[str, Any]:
    return {
        "workload-status": {"status": workload, "info": message},
        "agent-status": {"status": agent, "info": message if workload == "active" else ""},
        **more,
    }


STATUS = parse_status(
    {
        "model": {"name": "openstack", "type": "caas"},
        "applications": {
            "keystone": {
                "charm": "local:keystone-4",
                "base": {"name": "ubuntu", "channel": "24.04/stable"},
                "units": {
                    "keystone/0": unit("active", leader=True, subordinates={"proxy/0": unit("waiting")}),
                    "keystone/1": unit("active", "executing", "config-changed"),
                },
            },
            "glance": {
                "charm": "ch:amd64/noble/glance-k8s-9",
                "units": {"glance/0": unit("blocked", message="no db")},
            },
            "nova": {"int": 2, "units": {"nova/0": unit("error", message='hook failed: "start"')}},
            "router": {"subordinate-to": ["keystone"], "int": 3},
        },
        "relations": [
            {
                "id": 3,
                "key": "glance:database mariadb:database",
                "endpoints": [
                    {"application": "glance", "name": "database", "role": "requirer"},
                    {"application": "mariadb", "name": "database", "role": "provider"},
                ],
            }
        ],
        "storage": [{"storage-tag": "storage-fernet-keys-0", "owner-tag": "unit-keystone-0", "kind": 2}],
    }
)


def test_names_revisions_and_bases() -> None:
    keystone, glance = STATUS.applications["keystone"], STATUS.applications["glance"]
    assert (keystone.charm_name, keystone.charm_revision, keystone.base) == ("keystone", 4, "ubuntu@24.04")
    assert (glance.charm_name, glance.charm_revision) == ("glance-k8s", 9)
    assert keystone.units["keystone/0"].leader and keystone.scale == 2
    assert [item.name for item in STATUS.units()][:2] == ["glance/0", "keystone/0"]


def test_relations_and_storage() -> None:
    assert STATUS.relations[0].has("mariadb", "database")
    assert not STATUS.relations[0].has("mariadb", "db")
    storage = STATUS.storage[0]
    assert (storage.label, storage.number, storage.owner) == ("fernet-keys", "0", "keystone/0")


def test_the_reason_of_each_unit_is_named() -> None:
    assert not_active(STATUS) == {
        "proxy/0": "waiting",
        "keystone/1": "executing: config-changed",
        "glance/0": "blocked: no db",
        "nova": "has 1 of 2 units",
        "nova/0": 'error: hook failed: "start"',
    }
    assert not_active(STATUS, ["heat"]) == {"heat": "is not deployed"}


def test_trouble_is_what_does_not_pass_by_itself() -> None:
    assert sorted(in_trouble(STATUS)) == ["glance/0", "nova/0"]
    assert in_trouble(STATUS, ["keystone"]) == {}


def broken(agent: str, instance: str) -> ModelStatus:
    return parse_status(
        {
            "model": {"name": "machines", "type": "iaas"},
            "applications": {
                "ovn": {
                    "units": {
                        "ovn/0": {
                            "workload-status": {"status": "waiting", "info": "Waiting for Pebble."},
                            "agent-status": {
                                "status": agent,
                                "info": "ovn: container ovn could not be started",
                            },
                        }
                    }
                },
                "hypervisor": {"units": {"hypervisor/0": unit("waiting", "allocating", machine="0")}},
            },
            "machines": {"0": {"instance-status": {"status": instance, "info": "no address is left"}}},
        }
    )


def test_a_pod_or_machine_that_does_not_start_is_trouble_and_named() -> None:
    reasons = {
        "ovn/0": "ovn: container ovn could not be started",
        "hypervisor/0": "machine 0: no address is left",
    }
    assert in_trouble(broken("failed", "provisioning error")) == reasons
    assert not_active(broken("failed", "provisioning error")) == reasons


def test_what_a_pod_waits_for_is_told_without_calling_it_trouble() -> None:
    status = broken("idle", "pending")
    assert in_trouble(status) == {}
    assert not_active(status)["ovn/0"] == "ovn: container ovn could not be started"
