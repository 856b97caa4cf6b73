"""Loads charms, and answers their relations as the other charms of a cloud would."""

import importlib.util
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from ops import testing

CHARMS = Path(__file__).parents[3] / "charms"
sys.path.insert(0, str(CHARMS / "lib"))

BROKER = testing.Secret({"username": "svc", "password": "rabbit-password"})
DATABASE = testing.Secret({"username": "svc", "password": "database-password"})
IDENTITY = testing.Secret({"username": "svc", "password": "identity-password"})
SECRETS = [BROKER, DATABASE, IDENTITY]


@contextmanager
def siblings(folder: Path) -> Iterator[None]:
    """Modules beside a charm are importable while it is loaded, and forgotten after, as names repeat."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for module in folder.glob("*.py"):
            sys.modules.pop(module.stem, None)


class CharmContext(testing.Context[Any]):
    """A context that tells its ``charm``, the class."""

    charm: Any


def context(name: str, unit: int = 0) -> Any:
    """A testing context of a unit of the charm ``name``, with what its charmcraft.yaml declares."""
    path = CHARMS / name / "src/charm.py"
    module_name = f"charm_{name.replace('-', '_')}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    with siblings(path.parent):
        spec.loader.exec_module(module)
    declared = yaml.safe_load((CHARMS / name / "charmcraft.yaml").read_text())
    config, actions = declared.pop("config", None), declared.pop("actions", None)
    for key in ("platforms", "parts", "base", "build-base"):
        declared.pop(key, None)
    charm_type = next(
        value
        for value in vars(module).values()
        if isinstance(value, type) and value.__module__ == module_name and value.__name__.endswith("Charm")
    )
    made = CharmContext(charm_type, meta=declared, config=config, actions=actions, unit_id=unit)
    made.charm = charm_type
    return made


def database(endpoint: str) -> testing.Relation:
    bag = {"endpoints": "mariadb:3306", "secret-user": DATABASE.id}
    return testing.Relation(endpoint, remote_app_data=bag, remote_app_name="mariadb")


def amqp() -> testing.Relation:
    bag = {"hostname": "rabbitmq", "credentials": BROKER.id}
    return testing.Relation("amqp", remote_app_data=bag, remote_app_name="rabbitmq")


def identity_service() -> testing.Relation:
    bag = {
        "service-credentials": IDENTITY.id,
        "internal-auth-url": "http://keystone:5000/v3",
        "public-auth-url": "https://cloud/openstack-keystone/v3",
        "service-project-name": "services",
        "service-domain-name": "service_domain",
        "region": "RegionOne",
    }
    return testing.Relation("identity-service", remote_app_data=bag, remote_app_name="keystone")


def identity_credentials() -> testing.Relation:
    bag = {
        "credentials": IDENTITY.id,
        "internal-endpoint": "http://keystone:5000/v3",
        "public-endpoint": "https://cloud/openstack-keystone/v3",
        "project-name": "services",
        "user-domain-name": "service_domain",
        "project-domain-name": "service_domain",
        "region": "RegionOne",
    }
    return testing.Relation("identity-credentials", remote_app_data=bag, remote_app_name="keystone")


def cache() -> testing.Relation:
    bags = {0: {"host": "memcached", "port": "11211"}}
    return testing.Relation("cache", remote_units_data=bags, remote_app_name="memcached")


def ingress(endpoint: str, url: str) -> testing.Relation:
    bag = {"ingress": json.dumps({"url": url})}
    return testing.Relation(endpoint, remote_app_data=bag, remote_app_name="ingress")


def ovsdb_cms() -> testing.Relation:
    return testing.Relation(
        "ovsdb-cms", remote_units_data={0: {"bound-address": "10.20.30.25"}}, remote_app_name="ovn-central"
    )


def issued_certificate(names: tuple[str, ...]) -> tuple[testing.Relation, testing.Secret]:
    """A relation with the certificate issued for a unit's request, and the secret that keeps its key."""
    bag = [
        {"certificate_signing_request": "REQUEST", "certificate": "CERT", "ca": "CA", "chain": ["CERT", "CA"]}
    ]
    kept = {"private-key": "KEY", "certificate-signing-request": "REQUEST", "names": ",".join(names)}
    secret = testing.Secret(kept, label="tls-certificates", owner="unit")
    relation = testing.Relation(
        "certificates", remote_app_data={"certificates": json.dumps(bag)}, remote_app_name="certificates"
    )
    return relation, secret


def file(context: Any, state: testing.State, path: str) -> str:
    """A file of the state's only container."""
    (container,) = state.containers
    root: Path = container.get_filesystem(context)
    return (root / path.lstrip("/")).read_text()


def services(state: testing.State) -> dict[str, Any]:
    """The services of the state's only container, as planned."""
    (container,) = state.containers
    return dict(container.plan.services)


def running(state: testing.State) -> set[str]:
    (container,) = state.containers
    return {name for name, status in container.service_statuses.items() if status.value == "active"}
