"""Every endpoint named in terraform/ exists in a charm, with the same interface and the opposite role."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
WORD = r"[a-z][a-z0-9-]*"


def charm(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "charms" / name / "charmcraft.yaml").read_text())
    return document


def blocks(text: str) -> dict[str, str]:
    """The applications of picture.tf and what is written of each."""
    picture = text[text.index("  picture = {") : text.index("\n  }\n")]
    found = re.split(rf"^    ({WORD})\s+= \{{", picture, flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


PICTURE = (ROOT / "terraform/openstack/picture.tf").read_text()
APPLICATIONS = blocks(PICTURE)
INTEGRATIONS = [
    (application, endpoint, *provider.split(":"))
    for application, body in APPLICATIONS.items()
    for endpoint, provider in re.findall(rf'({WORD})\s+= "({WORD}:{WORD})"', body)
]
OFFERS = dict(re.findall(rf'({WORD})\s+= "({WORD}:{WORD})"', PICTURE[PICTURE.index("  offers = {") :]))


def test_the_picture_names_every_charm() -> None:
    charms = {file.parent.name for file in (ROOT / "charms").glob("*/charmcraft.yaml")}
    assert set(APPLICATIONS) == charms - {"hypervisor"}


@pytest.mark.parametrize(("application", "endpoint", "provider", "provider_endpoint"), INTEGRATIONS)
def test_an_integration_joins_a_requirer_and_a_provider(
    application: str, endpoint: str, provider: str, provider_endpoint: str
) -> None:
    required = charm(application)["requires"][endpoint]["interface"]
    assert charm(provider)["provides"][provider_endpoint]["interface"] == required


@pytest.mark.parametrize("application", sorted(APPLICATIONS))
def test_all_that_a_charm_requires_is_there(application: str) -> None:
    joined = {endpoint for name, endpoint, *_ in INTEGRATIONS if name == application}
    assert joined == set(charm(application).get("requires") or {})


@pytest.mark.parametrize("application", sorted(APPLICATIONS))
def test_every_container_has_an_image(application: str) -> None:
    written = re.search(r"images\s*= \{(.*?)\}", APPLICATIONS[application])
    assert written is not None
    named = {f"{container}-image" for container in re.findall(rf"({WORD}) =", written[1])}
    resources = charm(application).get("resources") or {}
    assert named == {name for name, resource in resources.items() if resource["type"] == "oci-image"}


def test_hypervisors_require_what_is_offered() -> None:
    text = (ROOT / "terraform/hypervisor/main.tf").read_text()
    requires = dict(
        re.findall(rf'({WORD})\s+= "({WORD})"', text[text.index("  requires = {") : text.index("resource")])
    )
    assert set(requires) == set(OFFERS)
    hypervisor = charm("hypervisor")["requires"]
    assert set(requires.values()) == set(hypervisor)
    for offer, endpoint in requires.items():
        provider, provided = OFFERS[offer].split(":")
        assert charm(provider)["provides"][provided]["interface"] == hypervisor[endpoint]["interface"]
