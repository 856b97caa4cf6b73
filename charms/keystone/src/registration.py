"""Registers what integrated applications ask for, once per change, and answers them.

What was done is remembered in the peer relation, written in the same hook as the answer.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ops
from catalogue import Account, Catalogue, credentials_facts, service_facts
from keystone_api import KeystoneClient
from sunbeam_charm.relations import identity_credentials, identity_service
from sunbeam_charm.relations.base import owned_secret, remove_owned_secret
from sunbeam_charm.relations.identity_service import ServiceEndpoints
from sunbeam_charm.workload import digest

Record = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """``run`` registers and answers, and returns the ids it made; it is due when ``key`` has changed."""

    name: str
    key: str
    run: Callable[[Catalogue], Record]


@dataclass(frozen=True)
class Registrar:
    """``connect`` returns an authenticated client; it is called only if there is something to do."""

    charm: ops.CharmBase
    peers: ops.Relation
    own: ServiceEndpoints
    region: str
    connect: Callable[[], KeystoneClient]

    def run(self) -> None:
        done = self._done()
        jobs = self._jobs()
        due = [job for job in jobs if done.get(job.name, {}).get("key") != job.key]
        gone = done.keys() - {job.name for job in jobs}
        if not due and not gone:
            return
        catalogue = Catalogue(self.connect())
        for job in due:
            done[job.name] = {"key": job.key, **job.run(catalogue)}
        for name in gone:
            record = done.pop(name)
            catalogue.remove(record.get("user", ""), record.get("services", []))
            remove_owned_secret(self.charm, name)
        self.peers.data[self.charm.app]["registered"] = json.dumps(done)

    def _done(self) -> dict[str, Record]:
        done: dict[str, Record] = json.loads(self.peers.data[self.charm.app].get("registered", "{}"))
        return done

    def _jobs(self) -> list[Job]:
        services = identity_service.requests(self.charm, "identity-service")
        accounts = identity_credentials.requests(self.charm, "identity-credentials")
        return [
            Job("keystone", digest(repr(self.own), self.region), self._register_keystone),
            *map(self._service_job, services),
            *map(self._account_job, accounts),
        ]

    def _register_keystone(self, catalogue: Catalogue) -> Record:
        catalogue.service(self.own, self.region)
        return {}

    def _service_job(self, request: identity_service.Request) -> Job:
        name = service_label(request)
        secret, account = self._account(name, request.relation.app.name)

        def run(catalogue: Catalogue) -> Record:
            user = catalogue.account(account)
            services = [catalogue.service(service, request.region) for service in request.services]
            admin_project = catalogue.client.find("projects", name="admin") or {}
            facts = service_facts(
                self.own.internal_url,
                self.own.public_url,
                catalogue.project["id"],
                admin_project.get("id", ""),
            )
            facts["service-user-id"] = user
            identity_service.answer(self.charm, request, facts, secret)
            return {"user": user, "services": services}

        key = digest(repr(request.services), request.region, account.password, repr(self.own))
        return Job(name, key, run)

    def _account_job(self, request: identity_credentials.Request) -> Job:
        name = credentials_label(request)
        secret, account = self._account(name, request.username)

        def run(catalogue: Catalogue) -> Record:
            user = catalogue.account(account)
            facts = credentials_facts(
                self.own.internal_url, self.own.public_url, catalogue.project["id"], self.region
            )
            identity_credentials.answer(self.charm, request, facts, secret)
            return {"user": user}

        return Job(name, digest(account.username, account.password, self.region, repr(self.own)), run)

    def _account(self, label: str, username: str) -> tuple[ops.Secret, Account]:
        secret = service_secret(self.charm, label, username)
        content = secret.peek_content()
        return secret, Account(content["username"], content["password"])


def service_label(request: identity_service.Request) -> str:
    return f"service-{request.relation.id}"


def credentials_label(request: identity_credentials.Request) -> str:
    return f"credentials-{request.relation.id}"


def account_labels(charm: ops.CharmBase) -> dict[str, str]:
    """Labels of the secrets of integrated applications' accounts, by username."""
    services = identity_service.requests(charm, "identity-service")
    credentials = identity_credentials.requests(charm, "identity-credentials")
    return {one.relation.app.name: service_label(one) for one in services} | {
        one.username: credentials_label(one) for one in credentials
    }


def service_secret(charm: ops.CharmBase, label: str, username: str) -> ops.Secret:
    """The secret of an account, made on first use.  Only for the leader."""
    secret = owned_secret(charm, label, lambda: {"username": username, "password": new_password()})
    assert secret is not None, "only the leader makes accounts"
    return secret


def new_password() -> str:
    return secrets.token_hex(24)
