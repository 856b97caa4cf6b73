"""Our schema beside the facts of the official provider's 2.x series."""

from __future__ import annotations

from typing import Any

from sunbeam.provider.protocol import CALLS
from sunbeam.provider.schema import conform, provider_schema
from sunbeam.provider.service import Provider
from sunbeam.provider.wire import decode, encode

REQUIRED = {
    "juju_model": {"name"},
    "juju_application": {"model_uuid"},
    "juju_integration": {"model_uuid"},
    "juju_offer": {"model_uuid", "application_name", "endpoints"},
    "juju_secret": {"model_uuid"},
    "juju_access_secret": {"model_uuid", "secret_id", "applications"},
    "juju_machine": {"model_uuid"},
    "juju_ssh_key": {"model_uuid", "payload"},
}
VERSIONS = {
    "juju_model": 0, "juju_application": 1, "juju_integration": 1, "juju_offer": 2,
    "juju_secret": 1, "juju_access_secret": 2, "juju_machine": 1, "juju_ssh_key": 1,
}  # fmt: skip


async def test_the_schema_core_gets_is_complete() -> None:
    answer = await Provider().call("GetProviderSchema", {})
    schema = decode(CALLS["GetProviderSchema"][1], encode(CALLS["GetProviderSchema"][1], answer))
    resources: dict[str, Any] = schema["resource_schemas"]
    assert {name: item.get("version", 0) for name, item in resources.items()} == VERSIONS
    for name, item in resources.items():
        required = {node["name"] for node in item["block"]["attributes"] if node.get("required")}
        assert required == REQUIRED[name]
    blocks = {block["type_name"]: block for block in resources["juju_integration"]["block"]["block_types"]}
    assert (blocks["application"]["min_items"], blocks["application"]["max_items"]) == (2, 2)


def test_an_attribute_is_required_or_optional_or_computed() -> None:
    for schema in provider_schema().resources.values():
        for node in schema.nodes.values():
            assert node.is_block or node.required != (node.optional or node.computed)


def test_a_state_of_another_release_is_brought_into_shape() -> None:
    nodes = provider_schema().resources["juju_application"].nodes
    state = conform(
        nodes, {"name": "glance", "principal": True, "charm": [{"name": "glance", "series": "x"}]}
    )
    assert "principal" not in state
    assert state["charm"] == [{"name": "glance", "channel": None, "revision": None, "base": None}]
    assert state["local_charm"] == [] and state["units"] is None


async def test_a_bug_reaches_the_person_as_a_diagnostic() -> None:
    answer = await Provider().call("ReadDataSource", {"type_name": "juju_nothing", "config": {}})
    assert "bug of the provider" in answer["diagnostics"][0]["detail"]
