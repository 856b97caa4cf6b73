from __future__ import annotations

from pathlib import Path
from typing import Any

from sunbeam.core.foresight import AttributeChange
from sunbeam.terraform.plan_json import resource_changes, resources_in, short_name

TERRAFORM = Path(__file__).parents[3] / "terraform"


def changed(actions: list[str], **change: Any) -> dict[str, Any]:
    entry = {"address": "juju_application.a", "mode": "managed", "change": {"actions": actions, **change}}
    return {"resource_changes": [entry]}


def attributes(actions: list[str], **change: Any) -> list[AttributeChange]:
    (found,) = resource_changes(changed(actions, **change))
    return list(found.attributes)


def test_only_real_changes_of_managed_resources_are_told() -> None:
    assert resource_changes(changed(["no-op"], before={}, after={})) == ()
    assert resource_changes(changed(["read"], before=None, after={})) == ()
    assert resource_changes({}) == ()
    for actions, told in ((["delete", "create"], "replace"), (["create", "delete"], "replace")):
        (found,) = resource_changes(changed(actions, before={"a": 1}, after={"a": 2}))
        assert found.action == told


def test_attributes_that_differ_are_named_by_their_path() -> None:
    before = {"units": 1, "config": {"size": "64"}, "charm": [{"path": "a", "hash": "1"}], "name": "a"}
    after = {"units": 2, "config": {}, "charm": [{"path": "a"}], "name": "a"}
    assert attributes(["update"], before=before, after=after, after_unknown={"charm": [{"hash": True}]}) == [
        AttributeChange("charm.0.hash", "1", "(known after apply)"),
        AttributeChange("config.size", "64", ""),
        AttributeChange("units", "1", "2"),
    ]


def test_a_list_of_unknown_end_is_told_once() -> None:
    before = {"storage": [{"label": "database"}]}
    assert attributes(["update"], before=before, after={}, after_unknown={"storage": True}) == [
        AttributeChange("storage", "", "(known after apply)")
    ]


def test_a_new_resource_has_the_values_that_are_known() -> None:
    after = {"name": "a", "trust": False, "id": None, "config": {}}
    assert attributes(["create"], before=None, after=after, after_unknown={"id": True}) == [
        AttributeChange("name", "", "a"),
        AttributeChange("trust", "", "false"),
    ]
    assert attributes(["delete"], before={"name": "a"}, after=None) == []


def test_secrets_are_never_told_but_that_they_change_is() -> None:
    change = {
        "before": {"value": {"password": "correct"}, "token": "same"},
        "after": {"value": {"password": "horse"}, "token": "same"},
        "before_sensitive": {"value": True, "token": True},
        "after_sensitive": {"value": True, "token": True},
    }
    assert attributes(["update"], **change) == [AttributeChange("value", "(sensitive)", "(sensitive)")]


def test_the_shipped_modules_name_their_resources() -> None:
    assert list(resources_in(TERRAFORM / "openstack")) == [
        "juju_model.openstack",
        "module.application[*].juju_application.this",
        "juju_integration.this[*]",
        "juju_offer.this[*]",
    ]


def test_short_names() -> None:
    assert short_name('module.application["nova"].juju_application.this') == "nova"
    assert short_name("module.hypervisor.juju_application.this") == "hypervisor"
    assert short_name("juju_model.openstack") == "openstack"
    assert short_name('juju_integration.this["nova:amqp"]') == "nova:amqp"
