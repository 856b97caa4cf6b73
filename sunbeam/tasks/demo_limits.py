"""What OpenStack cannot change any more for a first project: told before anything is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sunbeam.core.errors import Problem, SunbeamError
from sunbeam.core.manifest.model import Demo, Flavor

if TYPE_CHECKING:
    from openstack.connection import Connection

NEXT = "sunbeam manifest show"


def flavor_problems(cloud: Connection, flavors: Mapping[str, Flavor]) -> list[Problem]:
    """Flavors that exist with another size."""
    existing = {flavor.name: flavor for flavor in cloud.compute.flavors()}
    found = []
    for name, wanted in flavors.items():
        size = wanted.model_dump()
        known = {key: getattr(existing[name], key) for key in size} if name in existing else size
        if known != size:
            why = f"it exists with {_sizes(known)} instead of {_sizes(size)}, and Nova changes no flavor"
            found.append(_problem(f"The flavor {name} cannot be changed", f"demo.flavors.{name}", why))
    return found


def range_problems(cloud: Connection, demo: Demo) -> list[Problem]:
    """The network of the demo project, if it exists with another range; ``cloud`` is the demo user's."""
    project = cloud.current_project
    network = cloud.network.find_network(demo.project, project_id=project.id)
    subnet = cloud.network.find_subnet(demo.project, network_id=network.id) if network else None
    if subnet is None or project.name != demo.project or subnet.cidr == str(demo.network.range):
        return []
    why = f"it was made with {subnet.cidr} instead of {demo.network.range}, and VMs have its addresses"
    return [_problem(f"The range of the network {demo.project} cannot be changed", "demo.network.range", why)]


def refuse(problems: Sequence[Problem]) -> None:
    """Raises SunbeamError for the first one."""
    for problem in problems:
        raise SunbeamError(
            problem.what,
            where=problem.where,
            why=problem.why,
            next_command=problem.next_command,
            id="manifest-fixed",
        )


def _problem(what: str, key: str, why: str) -> Problem:
    return Problem(what, where=f"{key} of the manifest", why=why, next_command=NEXT, id="manifest-fixed")


def _sizes(size: Mapping[str, int]) -> str:
    return ", ".join(f"{key} {value}" for key, value in size.items())
