"""Interface keystone (identity-service): a service account, and entries of the catalogue."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import ops

from .base import Requirer, relations, secret_content, secret_id


@dataclass(frozen=True)
class Identity:
    """An account and the Keystone it lives in.  URLs end with ``/v3``."""

    auth_url: str
    public_auth_url: str
    username: str
    password: str = field(repr=False)
    project_name: str = "service"
    user_domain_name: str = "Default"
    project_domain_name: str = "Default"
    region: str = "RegionOne"


@dataclass(frozen=True)
class ServiceEndpoints:
    """One service of the catalogue."""

    service_name: str
    type: str
    description: str
    internal_url: str
    public_url: str
    admin_url: str


class IdentityService(Requirer[Identity]):
    """Asks for an account and registers what ``register`` was given."""

    def __init__(self, charm: ops.CharmBase, endpoint: str, region: str) -> None:
        super().__init__(charm, endpoint)
        self.region = region

    def register(self, *services: ServiceEndpoints) -> None:
        wanted = json.dumps([vars(service) for service in services], sort_keys=True)
        self._write({"service-endpoints": wanted, "region": self.region})

    def read(self) -> Identity | None:
        answer = self._answer()
        account = secret_content(self.charm, answer.get("service-credentials", ""))
        if not account:
            return None
        return Identity(
            auth_url=answer["internal-auth-url"],
            public_auth_url=answer["public-auth-url"],
            username=account["username"],
            password=account["password"],
            project_name=answer["service-project-name"],
            user_domain_name=answer["service-domain-name"],
            project_domain_name=answer["service-domain-name"],
            region=answer["region"],
        )


@dataclass(frozen=True)
class Request:
    relation: ops.Relation
    services: tuple[ServiceEndpoints, ...]
    region: str


def requests(charm: ops.CharmBase, endpoint: str) -> Iterator[Request]:
    for relation in relations(charm, endpoint):
        bag = relation.data[relation.app]
        if wanted := bag.get("service-endpoints"):
            services = tuple(ServiceEndpoints(**service) for service in json.loads(wanted))
            yield Request(relation, services, bag.get("region", "RegionOne"))


def answer(charm: ops.CharmBase, request: Request, facts: Mapping[str, str], secret: ops.Secret) -> None:
    """``facts`` are the keys that describe Keystone; see ``catalogue_facts`` of the keystone charm."""
    secret.grant(request.relation)
    request.relation.data[charm.app].update(
        {**facts, "region": request.region, "service-credentials": secret_id(secret)}
    )
