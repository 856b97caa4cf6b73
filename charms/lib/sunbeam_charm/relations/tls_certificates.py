"""Interface tls-certificates (v4): certificates for signing requests; private keys never leave their unit."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import ops

from .base import Requirer, relations


@dataclass(frozen=True)
class TlsMaterial:
    """All PEM; ``certificate`` is followed by its chain as servers want it."""

    certificate: str
    authority: str
    private_key: str = field(repr=False)


class Certificates(Requirer[TlsMaterial]):
    """Asks for one certificate for this unit; the first of ``names`` (DNS or IP addresses) is the subject.

    The key and its request live in a secret of the unit and are renewed when the names change.
    """

    def __init__(self, charm: ops.CharmBase, endpoint: str, names: tuple[str, ...]) -> None:
        super().__init__(charm, endpoint)
        self.names = tuple(dict.fromkeys(filter(None, names)))
        self.label = f"tls-{endpoint}"

    def ask(self) -> None:
        if self.relation is None or not self.names:
            return
        request = self._key_and_request()["certificate-signing-request"]
        wanted = [{"certificate_signing_request": request, "ca": False}]
        self.relation.data[self.charm.unit]["certificate_signing_requests"] = json.dumps(wanted)

    def read(self) -> TlsMaterial | None:
        kept = self._kept()
        if not kept:
            return None
        request = kept["certificate-signing-request"].strip()
        for issued in json.loads(self._answer().get("certificates") or "[]"):
            if issued["certificate_signing_request"].strip() == request and not issued.get("revoked"):
                return TlsMaterial(_full_chain(issued), issued["ca"].strip() + "\n", kept["private-key"])
        return None

    def _kept(self) -> dict[str, str]:
        try:
            return self.charm.model.get_secret(label=self.label).peek_content()
        except ops.SecretNotFoundError:
            return {}

    def _key_and_request(self) -> dict[str, str]:
        kept, names = self._kept(), ",".join(self.names)
        if kept.get("names") == names:
            return kept
        from ..signing import make_key_and_request

        key, request = make_key_and_request(self.names)
        made = {"private-key": key, "certificate-signing-request": request, "names": names}
        if kept:
            self.charm.model.get_secret(label=self.label).set_content(made)
        else:
            self.charm.unit.add_secret(made, label=self.label)
        return made


def _full_chain(issued: dict[str, str | list[str]]) -> str:
    """The certificate and the certificates between it and its self-signed authority."""
    leaf, authority = str(issued["certificate"]).strip(), str(issued["ca"]).strip()
    between = [text.strip() for text in issued.get("chain") or [] if text.strip() not in (leaf, authority)]
    return "\n".join([leaf, *between]) + "\n"


@dataclass(frozen=True)
class Issued:
    """A certificate the provider gave; all PEM."""

    certificate_signing_request: str
    certificate: str
    ca: str
    chain: tuple[str, ...]


def requests(relation: ops.Relation) -> Iterator[str]:
    """The signing requests of a relation, PEM, from its units and its application."""
    owners: list[ops.Unit | ops.Application] = [relation.app]
    owners += sorted(relation.units, key=lambda unit: unit.name)
    for owner in owners:
        for wanted in json.loads(relation.data[owner].get("certificate_signing_requests") or "[]"):
            yield wanted["certificate_signing_request"].strip()


def issued(charm: ops.CharmBase, relation: ops.Relation) -> list[Issued]:
    """What the provider has written so far."""
    given = json.loads(relation.data[charm.app].get("certificates") or "[]")
    return [
        Issued(one["certificate_signing_request"], one["certificate"], one["ca"], tuple(one["chain"]))
        for one in given
    ]


def answer(charm: ops.CharmBase, relation: ops.Relation, certificates: list[Issued]) -> None:
    text = json.dumps([{**vars(one), "chain": list(one.chain), "revoked": False} for one in certificates])
    relation.data[charm.app]["certificates"] = text


def provided(charm: ops.CharmBase, endpoint: str) -> Iterator[ops.Relation]:
    return relations(charm, endpoint)
