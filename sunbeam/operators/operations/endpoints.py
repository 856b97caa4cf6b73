"""Which two endpoints a relation request means, decided as Juju does."""

from __future__ import annotations

from sunbeam.operators.entities import Endpoint, Relation, RemoteApplication
from sunbeam.operators.operations.charms import endpoints_of
from sunbeam.operators.operations.edit import ModelView
from sunbeam.operators.operations.errors import BadRequest, NotFound

IMPLICIT = "juju-info"
_OPPOSITE = {"provider": "requirer", "requirer": "provider"}

Pair = tuple[Endpoint, Endpoint]


def infer_endpoints(view: ModelView, wanted: list[str]) -> Pair:
    """The one pair of endpoints that ``wanted`` (two of ``APPLICATION[:ENDPOINT]``) can mean.

    Explicit endpoints win over the implicit ``juju-info``.  Raises NotFound if there is none, BadRequest
    if there are several.
    """
    if len(wanted) != 2:
        raise BadRequest(f"a relation needs two endpoints, got {len(wanted)}")
    left, right = (_candidates(view, spec) for spec in wanted)
    pairs = [(one, other) for one in left for other in right if _fit(one, other)]
    explicit = [pair for pair in pairs if not _is_implicit(pair)]
    pairs = explicit or pairs
    if not pairs:
        raise NotFound(_no_relations(wanted, left, right))
    if len(pairs) > 1:
        raise BadRequest(_ambiguous(wanted, pairs))
    return pairs[0]


def matches(relation: Relation, wanted: list[str]) -> bool:
    """Whether ``relation`` is the one named by ``wanted`` (``APPLICATION[:ENDPOINT]`` texts)."""
    return all(any(_names(end, spec) for end in relation.endpoints) for spec in wanted)


def connected(view: ModelView, end: Endpoint) -> list[Relation]:
    """The relations that use ``end``."""
    return [
        relation
        for relation in view.relations_of(end.application)
        if any(same_end(end, other) for other in relation.endpoints)
    ]


def same_end(one: Endpoint, other: Endpoint) -> bool:
    return (one.application, one.name) == (other.application, other.name)


def _candidates(view: ModelView, spec: str) -> list[Endpoint]:
    application, _, name = spec.partition(":")
    ends = _ends_of(view, application)
    if name:
        ends = [end for end in ends if end.name == name]
        if not ends:
            raise NotFound(f'application "{application}" has no "{name}" relation')
    return [end for end in ends if end.role != "peer"]


def _ends_of(view: ModelView, application: str) -> list[Endpoint]:
    remote = view.find(RemoteApplication, application)
    if remote is not None:
        return list(remote.endpoints)
    return endpoints_of(view.charm_of(view.application(application)), application)


def _fit(one: Endpoint, other: Endpoint) -> bool:
    return (
        one.application != other.application
        and one.interface == other.interface
        and _OPPOSITE.get(one.role) == other.role
    )


def _is_implicit(pair: Pair) -> bool:
    return any(end.name == IMPLICIT for end in pair)


def _names(end: Endpoint, spec: str) -> bool:
    application, _, name = spec.partition(":")
    return end.application == application and name in ("", end.name)


def _no_relations(wanted: list[str], left: list[Endpoint], right: list[Endpoint]) -> str:
    """Juju says only "no relations found"; when both endpoints were named, their difference is the reason."""
    if len(left) == len(right) == 1 and all(":" in spec for spec in wanted):
        one, other = left[0], right[0]
        return (
            f"no relations found: {wanted[0]} is a {one.role} of interface {one.interface},"
            f" {wanted[1]} is a {other.role} of interface {other.interface}"
        )
    return "no relations found"


def _ambiguous(wanted: list[str], pairs: list[Pair]) -> str:
    meanings = sorted(
        f'"{one.application}:{one.name} {other.application}:{other.name}"' for one, other in pairs
    )
    return f'ambiguous relation: "{" ".join(wanted)}" could refer to {"; ".join(meanings)}'
