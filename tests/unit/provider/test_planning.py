"""The common planning rules, on schemas that are really used."""

from __future__ import annotations

import copy
from typing import Any

from sunbeam.provider import planning
from sunbeam.provider.schema import provider_schema
from sunbeam.provider.values import UNKNOWN, Object

RESOURCES = provider_schema().resources
OFFER = RESOURCES["juju_offer"].nodes
INTEGRATION = RESOURCES["juju_integration"].nodes
UUID = "0f2c4b6a-0000-4000-8000-000000000000"


def end(**values: Any) -> Object:
    return {"name": None, "endpoint": None, "offer_url": None, "offering_controller": None, **values}


def integration(*ends: Object, **values: Any) -> Object:
    return {"model_uuid": UUID, "via": None, "id": None, "application": list(ends), **values}


def offer(**values: Any) -> Object:
    return {
        "model_uuid": UUID,
        "application_name": "keystone",
        "endpoints": ["identity"],
        **dict.fromkeys(("name", "url", "id", "allow_force_destroy", "timeouts")),
        **values,
    }


def planned(nodes: dict[str, Any], config: Object, prior: Object | None) -> Object:
    plan = copy.deepcopy(config)
    planning.fill_computed(nodes, plan, config, prior)
    return plan


def test_a_new_resource_has_defaults_and_unknowns() -> None:
    plan = planned(OFFER, offer(), None)
    assert plan["allow_force_destroy"] is False
    assert plan["url"] is UNKNOWN


def test_a_change_leaves_computed_values_as_they_were() -> None:
    prior = offer(name="ks", url="admin/m.ks", id="admin/m.ks", allow_force_destroy=False)
    plan = planned(OFFER, offer(allow_force_destroy=True), prior)
    assert (plan["url"], plan["name"]) == ("admin/m.ks", "ks")
    assert planning.replacements(OFFER, plan, prior, offer(allow_force_destroy=True)) == []


def test_a_value_that_turned_out_null_stays_null() -> None:
    prior = offer(name="ks", url=None, allow_force_destroy=False)
    assert planned(OFFER, offer(), prior) == prior


def test_the_order_of_a_set_is_no_change() -> None:
    prior = offer(endpoints=["a", "b"], name="ks", url="u", id="u", allow_force_destroy=False)
    config = offer(endpoints=["b", "a"])
    assert planning.replacements(OFFER, planned(OFFER, config, prior), prior, config) == []


def test_a_changed_required_value_replaces() -> None:
    prior = offer(name="ks", url="u", id="u", allow_force_destroy=False)
    for changed in ("glance", UNKNOWN):
        config = offer(application_name=changed)
        assert planning.replacements(OFFER, planned(OFFER, config, prior), prior, config) == [
            ("application_name",)
        ]


def test_ends_find_their_endpoints_again() -> None:
    config = integration(end(name="glance"), end(name="mariadb", endpoint="database"))
    prior = integration(
        end(name="mariadb", endpoint="database"), end(name="glance", endpoint="database"), id="known"
    )
    plan = planned(INTEGRATION, config, prior)
    assert plan["application"] == [
        end(name="glance", endpoint="database"),
        end(name="mariadb", endpoint="database"),
    ]
    assert planning.replacements(INTEGRATION, plan, prior, config) == []


def test_an_end_with_an_unknown_offer_is_not_taken_for_the_other() -> None:
    config = integration(end(name="hypervisor", endpoint="amqp"), end(offer_url=UNKNOWN))
    plan = planned(INTEGRATION, config, None)
    assert plan["application"] == [
        end(name="hypervisor", endpoint="amqp"),
        end(name=UNKNOWN, endpoint=UNKNOWN, offer_url=UNKNOWN),
    ]


def test_another_application_replaces_an_integration() -> None:
    prior = integration(end(name="mariadb", endpoint="database"), end(name="glance", endpoint="database"))
    config = integration(end(name="mariadb", endpoint="database"), end(name="nova", endpoint="database"))
    plan = planned(INTEGRATION, config, prior)
    assert planning.replacements(INTEGRATION, plan, prior, config) == [("application",)]


def test_the_state_is_the_plan_with_its_unknowns_resolved() -> None:
    plan = integration(
        end(name="glance", endpoint=UNKNOWN), end(name=UNKNOWN, offer_url="a/m.db"), id=UNKNOWN
    )
    actual = integration(
        end(name="", endpoint="database", offer_url="a/m.db"), end(name="glance", endpoint="db"), id="x"
    )
    assert planning.settle(INTEGRATION, plan, actual) == integration(
        end(name="glance", endpoint="db"), end(name="", offer_url="a/m.db"), id="x"
    )


def test_a_planned_value_wins_over_drift() -> None:
    assert planning.settle(OFFER, offer(name="ks"), offer(name="changed"))["name"] == "ks"
