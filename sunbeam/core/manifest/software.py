"""What charms and image recipes can be told, read from those that are shipped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from sunbeam.core.shipped import shipped

MACHINE_CHARMS = {"hypervisor"}
"""Charms of the model of machines; all others are in the control plane."""

DECIDED = {
    ("glance", "region"): "region",
    ("keystone", "region"): "region",
    ("neutron", "region"): "region",
    ("nova", "region"): "region",
    ("placement", "region"): "region",
    ("ingress", "external-hostname"): "network.address",
    ("neutron", "dns-servers"): "network.dns",
    ("horizon", "site-name"): "name",
}
"""Options that another key of the manifest decides, by charm and option."""


@dataclass(frozen=True)
class CharmFacts:
    """``options``: Juju's type, default and description by option; ``storage``: its labels."""

    options: Mapping[str, Mapping[str, Any]]
    storage: frozenset[str]


@cache
def charms() -> dict[str, CharmFacts]:
    """The shipped charms by name."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = {}
    for file in sorted(shipped("charms").glob("*/charmcraft.yaml")):
        charm = yaml.load(file.read_text("utf-8"), Loader=loader)
        options = (charm.get("config") or {}).get("options") or {}
        found[charm["name"]] = CharmFacts(options, frozenset(charm.get("storage") or {}))
    return found


@cache
def images() -> frozenset[str]:
    """Names of the images that a cloud runs; a reference may stand for their recipe.

    Recipes that only others are built from are none: nothing would be made of their reference.
    """
    parents = set()
    names = set()
    for file in shipped("images").glob("*/Containerfile"):
        names.add(file.parent.name)
        parents |= set(
            re.findall(r"^FROM\s+localhost/sunbeam/([\w-]+):", file.read_text("utf-8"), re.MULTILINE)
        )
    return frozenset(names - parents)
