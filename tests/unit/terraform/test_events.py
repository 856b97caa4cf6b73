from __future__ import annotations

import json
from typing import Any

import pytest

from sunbeam.terraform.events import (
    ChangeSummary,
    Diagnostic,
    Drift,
    Event,
    Log,
    PlannedChange,
    ResourceEvent,
    parse_event,
)

RESOURCE = {"addr": "juju_model.openstack"}


@pytest.mark.parametrize(
    ("line", "event"),
    [
        ({"type": "version", "tofu": "1.6.2"}, None),
        ({"type": "log", "@level": "info", "@message": "hello"}, Log("info", "hello")),
        (
            {"type": "planned_change", "change": {"resource": RESOURCE, "action": "create"}},
            PlannedChange("juju_model.openstack", "create"),
        ),
        (
            {"type": "resource_drift", "change": {"resource": RESOURCE, "action": "update"}},
            Drift("juju_model.openstack", "update"),
        ),
        (
            {"type": "change_summary", "changes": {"add": 3, "change": 1, "remove": 0, "operation": "apply"}},
            ChangeSummary("apply", 3, 1, 0),
        ),
        (
            {"type": "refresh_start", "hook": {"resource": RESOURCE, "id_value": "x"}},
            ResourceEvent("start", "juju_model.openstack", "refresh", id="x"),
        ),
        (
            {
                "type": "apply_errored",
                "hook": {"resource": RESOURCE, "action": "delete", "elapsed_seconds": 4},
            },
            ResourceEvent("errored", "juju_model.openstack", "delete", 4.0),
        ),
    ],
)
def test_a_line_becomes_its_event(line: dict[str, Any], event: Event | None) -> None:
    assert parse_event(json.dumps(line)) == event


def test_a_diagnostic_says_what_and_where() -> None:
    raw = {
        "severity": "error",
        "summary": "Cannot create",
        "detail": "Juju refused",
        "address": "juju_model.openstack",
        "range": {"filename": "main.tf", "start": {"line": 7}},
    }
    event = parse_event(json.dumps({"type": "diagnostic", "diagnostic": raw}))
    assert isinstance(event, Diagnostic)
    assert event.text == "juju_model.openstack: Cannot create (main.tf line 7)\nJuju refused"


def test_what_is_no_json_is_kept_for_a_person() -> None:
    assert parse_event("Warning: something") == Log("info", "Warning: something")
    assert parse_event("") is None
    assert parse_event("[1]") == Log("info", "[1]")
