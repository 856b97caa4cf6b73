"""Interface mysql_client (data_interfaces v0): a database and an account of its own."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

import ops

from .base import Requirer, relations, secret_content, secret_id


@dataclass(frozen=True)
class DatabaseAccount:
    """``endpoints`` are ``host:port``, separated by commas; services use the first one."""

    endpoints: str
    database: str
    username: str
    password: str = field(repr=False)

    @property
    def location(self) -> str:
        """Which database on which server: the key of steps that make its schema."""
        return f"{self.endpoints}/{self.database}"

    @property
    def url(self) -> str:
        """SQLAlchemy's URL."""
        login = f"{quote(self.username, safe='')}:{quote(self.password, safe='')}"
        return f"mysql+pymysql://{login}@{self.endpoints.split(',')[0]}/{self.database}?charset=utf8"


class Database(Requirer[DatabaseAccount]):
    """Asks for the database ``name``."""

    def __init__(self, charm: ops.CharmBase, endpoint: str, name: str) -> None:
        super().__init__(charm, endpoint)
        self.name = name

    def ask(self) -> None:
        secrets = ["username", "password", "tls", "tls-ca", "uris"]
        self._write({"database": self.name, "requested-secrets": json.dumps(secrets)})

    def read(self) -> DatabaseAccount | None:
        answer = self._answer()
        account = secret_content(self.charm, answer.get("secret-user", ""))
        if not answer.get("endpoints") or not account:
            return None
        return DatabaseAccount(answer["endpoints"], self.name, account["username"], account["password"])


@dataclass(frozen=True)
class Request:
    relation: ops.Relation
    database: str


def requests(charm: ops.CharmBase, endpoint: str) -> Iterator[Request]:
    """The provider's view: relations that name a database."""
    for relation in relations(charm, endpoint):
        if database := relation.data[relation.app].get("database"):
            yield Request(relation, database)


def answer(charm: ops.CharmBase, request: Request, endpoints: str, secret: ops.Secret, version: str) -> None:
    secret.grant(request.relation)
    request.relation.data[charm.app].update(
        {
            "database": request.database,
            "endpoints": endpoints,
            "read-only-endpoints": endpoints,
            "secret-user": secret_id(secret),
            "version": version,
        }
    )
