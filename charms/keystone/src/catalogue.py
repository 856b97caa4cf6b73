"""What integrated applications get in Keystone: an account in the service project, catalogue entries."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from keystone_api import KeystoneClient, Resource
from sunbeam_charm.relations.identity_service import ServiceEndpoints

SERVICE_PROJECT = "service"
SERVICE_ROLES = ("admin", "service")
DOMAIN_ID = "default"
DOMAIN_NAME = "Default"


@dataclass(frozen=True)
class Account:
    username: str
    password: str = field(repr=False)


class Catalogue:
    """Registers through one authenticated client."""

    def __init__(self, client: KeystoneClient) -> None:
        self.client = client
        self._roles: dict[str, str] = {}
        self._regions: set[str] = set()
        self._project: Resource = {}

    @property
    def project(self) -> Resource:
        """The service project, made on first use."""
        if not self._project:
            identity = {"name": SERVICE_PROJECT, "domain_id": DOMAIN_ID}
            self._project = self.client.ensure("projects", identity)
        return self._project

    def account(self, account: Account) -> str:
        """Make the user with the service roles; returns its id."""
        identity = {"name": account.username, "domain_id": DOMAIN_ID}
        user = self.client.ensure("users", identity, password=account.password)
        for role in SERVICE_ROLES:
            self.client.grant(self.project["id"], user["id"], self._role(role))
        return str(user["id"])

    def service(self, wanted: ServiceEndpoints, region: str) -> str:
        """Make the service and its three endpoints; returns its id."""
        identity = {"name": wanted.service_name, "type": wanted.type}
        service = self.client.ensure("services", identity, description=wanted.description)
        self.endpoints(service["id"], region, wanted)
        return str(service["id"])

    def endpoints(self, service_id: str, region: str, wanted: ServiceEndpoints) -> None:
        urls = {"internal": wanted.internal_url, "public": wanted.public_url, "admin": wanted.admin_url}
        self._make_region(region)
        for interface, url in urls.items():
            identity = {"service_id": service_id, "interface": interface, "region_id": region}
            self.client.ensure("endpoints", identity, url=url)

    def remove(self, user_id: str, service_ids: Iterable[str]) -> None:
        """Deleting a service deletes its endpoints."""
        for service_id in service_ids:
            self.client.delete("services", service_id)
        if user_id:
            self.client.delete("users", user_id)

    def _role(self, name: str) -> str:
        if not self._roles:
            self._roles = {role["name"]: role["id"] for role in self.client.list("roles")}
        return self._roles[name]

    def _make_region(self, region: str) -> None:
        if not self._regions:
            self._regions = {one["id"] for one in self.client.list("regions")}
        if region not in self._regions:
            self.client.create("regions", {"id": region})
            self._regions.add(region)


def address_facts(prefix: str, url: str) -> dict[str, str]:
    """``PREFIX-host``, ``-port`` and ``-protocol`` of a URL."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return {
        f"{prefix}-host": parts.hostname or "",
        f"{prefix}-port": str(port),
        f"{prefix}-protocol": parts.scheme,
    }


def service_facts(
    internal: str, public: str, service_project_id: str, admin_project_id: str
) -> dict[str, str]:
    """What the interface keystone publishes besides the account.  URLs end with ``/v3``."""
    domain = {"name": DOMAIN_NAME, "id": DOMAIN_ID}
    return {
        "api-version": "3",
        **address_facts("auth", internal),
        **address_facts("internal", internal),
        **address_facts("service", public),
        **{f"admin-domain-{key}": value for key, value in domain.items()},
        **{f"service-domain-{key}": value for key, value in domain.items()},
        "admin-project-name": "admin",
        "admin-project-id": admin_project_id,
        "service-project-name": SERVICE_PROJECT,
        "service-project-id": service_project_id,
        "internal-auth-url": internal,
        "admin-auth-url": internal,
        "public-auth-url": public,
        "admin-role": "admin",
    }


def credentials_facts(internal: str, public: str, service_project_id: str, region: str) -> dict[str, str]:
    """What the interface keystone-credentials publishes besides the account."""
    return {
        "api-version": "3",
        **address_facts("auth", internal),
        **address_facts("internal", internal),
        "project-name": SERVICE_PROJECT,
        "project-id": service_project_id,
        "user-domain-name": DOMAIN_NAME,
        "user-domain-id": DOMAIN_ID,
        "project-domain-name": DOMAIN_NAME,
        "project-domain-id": DOMAIN_ID,
        "region": region,
        "internal-endpoint": internal,
        "public-endpoint": public,
        "admin-role": "admin",
    }
