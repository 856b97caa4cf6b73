"""What single resources decide without a controller."""

from __future__ import annotations

from typing import Any

import pytest

from sunbeam.juju.applications import Settings, parse_storage
from sunbeam.juju.status import parse_status
from sunbeam.provider.diagnostics import ProviderError
from sunbeam.provider.resource import seconds, split_id
from sunbeam.provider.resources import application_read
from sunbeam.provider.resources.application import Application
from sunbeam.provider.schema import provider_schema
from sunbeam.provider.session import Session
from sunbeam.provider.values import UNKNOWN, Object

SCHEMA = provider_schema().resources["juju_application"]
UUID = "0f2c4b6a-0000-4000-8000-000000000000"
LOCAL = {"name": "glance", "path": UNKNOWN, "path_hash": None, "origin_hash": None, "base": None}


def config(**values: Any) -> Object:
    return {**SCHEMA.null(), "model_uuid": UUID, "name": "glance", "local_charm": [dict(LOCAL)], **values}


def read(state: Object, **options: Any) -> Object:
    state["local_charm"] = [{**block, "path": "/charms/glance.charm"} for block in state["local_charm"]]
    status = parse_status(
        {
            "model": {"name": "m", "type": "caas"},
            "applications": {
                "glance": {"charm": "local:glance-3", "units": {"glance/0": {}}, "exposed": False}
            },
        }
    )
    settings = Settings("glance", options, False, "mem=4G", {"": "alpha", "database": "alpha"})
    return application_read.attributes(state, status, status.applications["glance"], settings, "hash")


@pytest.mark.parametrize(
    ("values", "summary"),
    [
        ({"local_charm": []}, "One charm is needed"),
        ({"charm": [{"name": "glance", "channel": None}]}, "One charm is needed"),
        ({"model_uuid": "openstack"}, "Not a model UUID"),
        ({"units": 2, "machines": ["0"]}, "units contradicts machines"),
        ({"constraints": "memory=4G"}, "Invalid constraints"),
        ({"storage_directives": {"data": "20X"}}, "Invalid storage_directives"),
        ({"local_charm": [], "charm": [{"name": "glance", "channel": "stable"}]}, "Invalid channel"),
    ],
)
def test_a_mistake_is_found_before_anything_is_done(values: Object, summary: str) -> None:
    assert summary in [item.summary for item in Application(Session()).validate(config(**values))]


def test_unknown_values_are_not_mistakes() -> None:
    values = {"model_uuid": UNKNOWN, "machines": UNKNOWN, "constraints": UNKNOWN, "charm": []}
    assert Application(Session()).validate(config(**values)) == []


async def test_units_follow_machines() -> None:
    plan = {**config(machines=["0", "1"]), "units": UNKNOWN}
    await Application(Session()).adjust(plan, None, config(machines=["0", "1"]))
    assert plan["units"] == 2


async def test_a_changed_storage_directive_replaces_and_a_new_one_does_not() -> None:
    application = Application(Session())
    prior = {**config(), "units": 1, "machines": [], "storage_directives": {"data": "1G"}}
    for directives, paths in (({"data": "1G", "log": "1G"}, []), ({"data": "2G"}, [("storage_directives",)])):
        plan = {**prior, "local_charm": [dict(LOCAL)], "storage_directives": directives}
        assert await application.adjust(plan, prior, config(storage_directives=directives)) == paths


def test_a_value_keeps_the_spelling_of_the_person() -> None:
    state = config(
        config={"debug": "True", "workers": "2.0", "gone": "x"}, constraints="mem=4096M", expose=[]
    )
    found = read(state, debug=True, workers=2, extra="set elsewhere")
    assert found["config"] == {"debug": "True", "workers": "2.0", "extra": "set elsewhere"}
    assert found["constraints"] == "mem=4096M"


def test_an_empty_map_stays_empty_and_an_absent_one_absent() -> None:
    assert read(config(config={}))["config"] == {}
    assert read(config(config=None))["config"] is None


def test_an_application_of_the_past_tells_its_charm() -> None:
    found = read(config(local_charm=[]))
    assert found["local_charm"][0] | {"base": ""} == {
        "name": "glance", "path": "", "path_hash": "hash", "origin_hash": "hash", "base": "",
    }  # fmt: skip


@pytest.mark.parametrize(("text", "value"), [("90s", 90.0), ("1h30m", 5400.0), ("500ms", 0.5)])
def test_durations(text: str, value: float) -> None:
    assert seconds(text) == value


def test_malformed_words_name_what_was_expected() -> None:
    with pytest.raises(ProviderError):
        seconds("soon")
    with pytest.raises(ProviderError) as error:
        split_id("only-one", 2, "MODEL_UUID:APPLICATION")
    assert "MODEL_UUID:APPLICATION" in error.value.diagnostics[0].detail


def test_storage_directives_in_any_order() -> None:
    assert parse_storage("20G") == {"size": 20480, "count": 1}
    assert parse_storage("2,kubernetes,512M") == {"pool": "kubernetes", "size": 512, "count": 2}
