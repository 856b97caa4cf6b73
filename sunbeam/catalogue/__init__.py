"""Every kind of error that a person can meet: its id, why it comes, and what to do.

Ids are given where errors are raised; each has one entry in a literal table here, which ``sunbeam explain``
prints and the reference shows.
"""

from __future__ import annotations

from difflib import get_close_matches

from sunbeam.catalogue.cloud import CLOUD
from sunbeam.catalogue.commands import COMMANDS
from sunbeam.catalogue.entry import Entry
from sunbeam.catalogue.machine import MACHINE
from sunbeam.catalogue.manifests import MANIFESTS
from sunbeam.catalogue.network import NETWORK
from sunbeam.catalogue.operators import OPERATORS
from sunbeam.core.errors import UsageError

__all__ = ["AREAS", "Entry", "entry"]

AREAS = {
    "Commands and changes": COMMANDS,
    "Manifests, answers and the proxy": MANIFESTS,
    "The machine": MACHINE,
    "Its networks": NETWORK,
    "The cloud": CLOUD,
    "Operators and Terraform": OPERATORS,
}
"""Entries by the heading of the reference."""


def entry(id: str) -> Entry:
    """Raises UsageError with ids that look alike if there is none."""
    entries = {each.id: each for area in AREAS.values() for each in area}
    if id not in entries:
        alike = get_close_matches(id, entries)
        raise UsageError(
            f"There is no error {id}",
            why=f"alike are {', '.join(alike)}" if alike else "",
            next_command="sunbeam explain",
            id="error-unknown",
        )
    return entries[id]
