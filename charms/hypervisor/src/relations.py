"""What the cloud's other charms told this machine, and what it asks of them.

Each reader returns None (or something empty) until its relation is complete.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import ops
from compute import Identity

USER = "nova-hypervisor"
VHOST = "openstack"
SOUTHBOUND_PORT = 6642


def ask(model: ops.Model, leader: bool) -> None:
    """Ask for accounts.  Application data, so the leader does it for all machines."""
    if not leader:
        return
    for relation in model.relations["amqp"]:
        relation.data[model.app].update({"username": USER, "vhost": VHOST})
    for relation in model.relations["identity-credentials"]:
        relation.data[model.app]["username"] = USER


def transport_url(model: ops.Model) -> str | None:
    """oslo.messaging's URL of the message broker."""
    if (bag := _application_bag(model, "amqp")) is None:
        return None
    account = _secret(model, bag.get("credentials", ""))
    addresses = [unit_bag.get("ingress-address", "") for unit_bag in _unit_bags(model, "amqp")]
    hosts = [bag["hostname"]] if bag.get("hostname") else list(filter(None, addresses))
    if not account or not hosts:
        return None
    login = f"{quote(account['username'], safe='')}:{quote(account['password'], safe='')}"
    return f"rabbit://{','.join(f'{login}@{host}:5672' for host in hosts)}/{VHOST}"


def identity(model: ops.Model, interface: str) -> Identity | None:
    """The service user; Keystone is reached through its endpoint of kind ``interface`` (internal, public)."""
    if (bag := _application_bag(model, "identity-credentials")) is None:
        return None
    account = _secret(model, bag.get("credentials", ""))
    if not account or not bag.get(f"{interface}-endpoint"):
        return None
    return Identity(
        auth_url=bag[f"{interface}-endpoint"],
        username=account["username"],
        password=account["password"],
        project_name=bag["project-name"],
        user_domain_name=bag["user-domain-name"],
        project_domain_name=bag["project-domain-name"],
        region=bag["region"],
    )


@dataclass(frozen=True)
class ComputeService:
    """What Nova told this machine; ``console_url`` may be empty."""

    metadata_url: str
    metadata_secret: str
    console_url: str


def compute_service(model: ops.Model) -> ComputeService | None:
    if (bag := _application_bag(model, "nova-service")) is None:
        return None
    shared = _secret(model, bag.get("metadata-proxy-shared-secret-id", ""))
    if not shared or not bag.get("metadata-url"):
        return None
    return ComputeService(
        bag["metadata-url"], shared["metadata-proxy-shared-secret"], bag.get("novnc-proxy-url", "")
    )


def southbound(model: ops.Model) -> str:
    """OVN's southbound database as OVSDB writes remotes (``ssl:IP:6642,...``), or nothing."""
    bags = _unit_bags(model, "ovsdb-cms")
    addresses = [bag.get("ingress-bound-address") or bag.get("bound-address", "") for bag in bags]
    return ",".join(f"ssl:{address}:{SOUTHBOUND_PORT}" for address in addresses if address)


def authorities(model: ops.Model) -> tuple[str, ...]:
    """Certificates of authorities to trust, PEM, without repetition."""
    found: set[str] = set()
    for bag in _unit_bags(model, "receive-ca-cert"):
        found.update(text.strip() for text in (bag.get("ca", ""), *json.loads(bag.get("chain") or "[]")))
    return tuple(sorted(filter(None, found)))


def request_certificate(model: ops.Model, request: str) -> None:
    """Ask for a certificate for the PEM signing request ``request``."""
    for relation in model.relations["certificates"]:
        wanted = [{"certificate_signing_request": request.strip(), "ca": False}]
        relation.data[model.unit]["certificate_signing_requests"] = json.dumps(wanted)


def certificate(model: ops.Model, request: str) -> tuple[str, str] | None:
    """The certificate issued for ``request`` (with its chain) and its authority, both PEM."""
    if (bag := _application_bag(model, "certificates")) is None:
        return None
    for issued in json.loads(bag.get("certificates") or "[]"):
        same = issued["certificate_signing_request"].strip() == request.strip()
        if same and not issued.get("revoked"):
            return issued["certificate"].strip() + "\n", issued["ca"].strip() + "\n"
    return None


def _secret(model: ops.Model, secret_id: str) -> dict[str, str]:
    """The newest content of a secret; empty until it is named and granted."""
    if not secret_id:
        return {}
    try:
        return model.get_secret(id=secret_id).get_content(refresh=True)
    except (ops.SecretNotFoundError, ops.ModelError):
        return {}


def _application_bag(model: ops.Model, endpoint: str) -> Mapping[str, str] | None:
    """What the other application wrote; None without a relation, or while it is being broken."""
    relation = model.get_relation(endpoint)
    if relation is None or not relation.active or not relation.app:
        return None
    return relation.data[relation.app]


def _unit_bags(model: ops.Model, endpoint: str) -> list[Mapping[str, str]]:
    relation = model.get_relation(endpoint)
    if relation is None or not relation.active:
        return []
    return [relation.data[unit] for unit in sorted(relation.units, key=lambda unit: unit.name)]
