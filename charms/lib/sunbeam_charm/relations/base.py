"""What all interfaces share: the requirer's contract, data bags, and secrets behind ids."""

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

import ops

T = TypeVar("T")


class Requirer(Generic[T]):
    """The reading side of one endpoint: ``ask`` writes the request, ``read`` returns the answer.

    ``awaited`` says whether an integrated but optional endpoint holds the workload back until it answers.
    """

    awaited = True

    def __init__(self, charm: ops.CharmBase, endpoint: str) -> None:
        self.charm = charm
        self.endpoint = endpoint

    @property
    def relation(self) -> ops.Relation | None:
        """The relation, unless it is absent or being broken."""
        return next(iter(relations(self.charm, self.endpoint)), None)

    @property
    def mandatory(self) -> bool:
        return not self.charm.meta.requires[self.endpoint].optional

    def ask(self) -> None:
        """Write this side's request; repeated in each hook, so it must be the same text for the same wish."""

    def read(self) -> T | None:
        """The complete answer, or None."""
        raise TypeError(f"{type(self).__name__} does not say how {self.endpoint} is read")

    @property
    def value(self) -> T:
        """The answer; only to be used where ``read`` is known not to be None."""
        answer = self.read()
        if answer is None:
            raise RuntimeError(f"The endpoint {self.endpoint} of {self.charm.app.name} has no answer yet.")
        return answer

    def obstacle(self) -> ops.StatusBase | None:
        """Why the workload cannot use this endpoint yet."""
        if self.relation is None:
            missing = f"Integrate {self.charm.app.name}:{self.endpoint}."
            return ops.BlockedStatus(missing) if self.mandatory else None
        if (self.mandatory or self.awaited) and self.read() is None:
            other = self.relation.app.name
            return ops.WaitingStatus(f"Waiting for {other} to answer over {self.endpoint}.")
        return None

    def _write(self, content: Mapping[str, str]) -> None:
        """Write this application's bag (as the leader)."""
        if self.relation is not None and self.charm.unit.is_leader():
            self.relation.data[self.charm.app].update(content)

    def _answer(self) -> Mapping[str, str]:
        """What the other application wrote."""
        return self.relation.data[self.relation.app] if self.relation else {}

    def _unit_answers(self) -> list[Mapping[str, str]]:
        """What each unit of the other application wrote, in the order of their names."""
        if self.relation is None:
            return []
        units = sorted(self.relation.units, key=lambda unit: int(unit.name.rpartition("/")[2]))
        return [self.relation.data[unit] for unit in units]


def relations(charm: ops.CharmBase, endpoint: str) -> Iterator[ops.Relation]:
    """The usable relations of an endpoint: not the one that is being broken."""
    return (relation for relation in charm.model.relations[endpoint] if relation.active and relation.app)


def secret_content(charm: ops.CharmBase, secret_id: str) -> dict[str, str]:
    """The newest content of a secret of another application; empty until it is named and granted."""
    if not secret_id:
        return {}
    try:
        return charm.model.get_secret(id=secret_id).get_content(refresh=True)
    except (ops.SecretNotFoundError, ops.ModelError):
        return {}


def owned_secret(
    charm: ops.CharmBase,
    label: str,
    make: Callable[[], dict[str, str]] | None = None,
    rotate: ops.SecretRotate | None = None,
) -> ops.Secret | None:
    """This application's secret ``label``, made on first use by the leader; None where it does not exist."""
    try:
        return charm.model.get_secret(label=label)
    except ops.SecretNotFoundError:
        if make is None or not charm.unit.is_leader():
            return None
        return charm.app.add_secret(make(), label=label, rotate=rotate)


def secret_id(secret: ops.Secret) -> str:
    """The id to write into a data bag."""
    return secret.id or secret.get_info().id


def remove_owned_secret(charm: ops.CharmBase, label: str) -> None:
    if secret := owned_secret(charm, label):
        secret.remove_all_revisions()
