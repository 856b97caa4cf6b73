from __future__ import annotations

from sunbeam.cli.plans import _rows, _visible


def test_resources_have_the_addresses_that_core_prints() -> None:
    resource = {
        "module": 'module.application["glance"]',
        "mode": "managed",
        "type": "juju_application",
        "name": "this",
        "instances": [
            {"attributes": {"id": "u:glance", "config": {"password": "hidden"}}},
            {"index_key": "a", "status": "tainted", "attributes": {}},
            {"index_key": 0},
        ],
    }
    base = 'module.application["glance"].juju_application.this'
    assert _rows(resource) == [
        {"resource": base, "id": "u:glance", "status": "ok"},
        {"resource": f'{base}["a"]', "id": "", "status": "tainted"},
        {"resource": f"{base}[0]", "id": "", "status": "ok"},
    ]


def test_a_sensitive_output_is_not_shown() -> None:
    assert _visible({"value": "hidden", "sensitive": True}) == "(sensitive)"
    assert _visible({"value": 1}) == 1
