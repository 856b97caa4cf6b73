"""Interface keystone-credentials: an account without entries in the catalogue."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import ops

from .base import Requirer, relations, secret_content, secret_id
from .identity_service import Identity


class IdentityCredentials(Requirer[Identity]):
    """Asks for the account ``username``."""

    def __init__(self, charm: ops.CharmBase, endpoint: str, username: str = "") -> None:
        super().__init__(charm, endpoint)
        self.username = username or charm.app.name

    def ask(self) -> None:
        self._write({"username": self.username})

    def read(self) -> Identity | None:
        answer = self._answer()
        account = secret_content(self.charm, answer.get("credentials", ""))
        if not account:
            return None
        return Identity(
            auth_url=answer["internal-endpoint"],
            public_auth_url=answer["public-endpoint"],
            username=account["username"],
            password=account["password"],
            project_name=answer["project-name"],
            user_domain_name=answer["user-domain-name"],
            project_domain_name=answer["project-domain-name"],
            region=answer["region"],
        )


@dataclass(frozen=True)
class Request:
    relation: ops.Relation
    username: str


def requests(charm: ops.CharmBase, endpoint: str) -> Iterator[Request]:
    for relation in relations(charm, endpoint):
        if username := relation.data[relation.app].get("username"):
            yield Request(relation, username)


def answer(charm: ops.CharmBase, request: Request, facts: Mapping[str, str], secret: ops.Secret) -> None:
    secret.grant(request.relation)
    request.relation.data[charm.app].update({**facts, "credentials": secret_id(secret)})
