"""Interface rabbitmq: an account on the message broker; the password is in the secret ``credentials``."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

import ops

from .base import Requirer, relations, secret_content, secret_id

PORT = 5672
DEFAULT_VHOST = "openstack"


@dataclass(frozen=True)
class BrokerAccount:
    hosts: tuple[str, ...]
    username: str
    password: str = field(repr=False)
    vhost: str = DEFAULT_VHOST

    @property
    def transport_url(self) -> str:
        """oslo.messaging's URL."""
        login = f"{quote(self.username, safe='')}:{quote(self.password, safe='')}"
        return f"rabbit://{','.join(f'{login}@{host}:{PORT}' for host in self.hosts)}/{self.vhost}"


class Broker(Requirer[BrokerAccount]):
    """Asks for an account named like this application, or ``username``."""

    def __init__(
        self, charm: ops.CharmBase, endpoint: str, username: str = "", vhost: str = DEFAULT_VHOST
    ) -> None:
        super().__init__(charm, endpoint)
        self.username = username or charm.app.name
        self.vhost = vhost

    def ask(self) -> None:
        self._write({"username": self.username, "vhost": self.vhost})

    def read(self) -> BrokerAccount | None:
        answer = self._answer()
        account = secret_content(self.charm, answer.get("credentials", ""))
        hostname = answer.get("hostname", "")
        if not account or not hostname:
            return None
        return BrokerAccount((hostname,), account["username"], account["password"], self.vhost)


@dataclass(frozen=True)
class Request:
    relation: ops.Relation
    username: str
    vhost: str


def requests(charm: ops.CharmBase, endpoint: str) -> Iterator[Request]:
    for relation in relations(charm, endpoint):
        bag = relation.data[relation.app]
        if username := bag.get("username"):
            yield Request(relation, username, bag.get("vhost") or DEFAULT_VHOST)


def answer(charm: ops.CharmBase, request: Request, hostname: str, secret: ops.Secret) -> None:
    secret.grant(request.relation)
    request.relation.data[charm.app].update({"hostname": hostname, "credentials": secret_id(secret)})


def announce_address(charm: ops.CharmBase, endpoint: str, address: str) -> None:
    """Each unit's own address, for clients that list all of them."""
    for relation in relations(charm, endpoint):
        relation.data[charm.unit]["ingress-address"] = address
