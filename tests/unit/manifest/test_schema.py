from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from sunbeam.core.manifest.effective import effective
from sunbeam.core.manifest.plans import shipped_plans
from sunbeam.core.manifest.schema import json_schema, schema_file
from sunbeam.core.manifest.text import HEADER, annotated_text
from tests.fakes.json_schema import mistakes


def wrong(document: Any) -> list[str]:
    schema = json_schema()
    return list(mistakes(document, schema, schema))


def test_the_shipped_schema_is_that_of_the_model() -> None:
    assert json.loads(schema_file().read_text()) == json_schema(), "type: docs/generate"


@pytest.mark.parametrize("plan", shipped_plans().values(), ids=lambda path: path.stem)
def test_plans_have_no_mistake_and_name_their_schema(plan: Path) -> None:
    effective([plan])
    first = plan.read_text().splitlines()[0]
    assert (plan.parent / first.removeprefix(HEADER)).resolve() == schema_file()
    assert wrong(yaml.safe_load(plan.read_text())) == []


def test_an_explained_file_fits_the_schema_that_it_names() -> None:
    text = annotated_text(effective([Path("datacenter")]).manifest, effective().manifest)
    assert text.startswith(f"{HEADER}{schema_file()}\n")
    assert wrong(yaml.safe_load(text)) == []


@pytest.mark.parametrize(
    "document",
    [
        {"region": None, "network": None, "software": {"charms": {"nova": None}}},
        {"demo": {"flavors": {"m1.tiny": {"ram": 1}, "m1.small": None}}},
        {"software": {"charms": {"nova": {"config": {"debug": "${env:DEBUG}"}}}}},
    ],
)
def test_what_lint_takes_the_schema_takes(document: Any) -> None:
    assert wrong(document) == []


@pytest.mark.parametrize(
    "document",
    [
        {"regoin": "x"},
        {"region": 5},
        {"schema": 2},
        {"software": {"charms": {"novaa": {}}}},
        {"software": {"charms": {"nova": {"config": {"region": "x"}}}}},
        {"software": {"charms": {"nova": {"config": {"debug": "yes"}}}}},
        {"software": {"charms": {"nova": {"units": 3}}}},
        {"software": {"charms": {"mariadb": {"storage": {"database": "5X"}}}}},
        {"software": {"images": {"openstack": "x"}}},
        {"demo": {"quota": {"cores": -2}}},
        {"features": {"dns": {}}},
    ],
)
def test_what_lint_refuses_the_schema_refuses(document: Any) -> None:
    assert wrong(document)


def test_every_key_is_described() -> None:
    assert not list(_silent(json_schema(), ""))


def _silent(schema: Any, at: str) -> Iterator[str]:
    for mapping in (schema, *schema["$defs"].values()):
        for name, each in mapping.get("properties", {}).items():
            if not each.get("description"):
                yield f"{mapping.get('title')}.{name}"
