#!/usr/bin/env python3
"""Keystone: the accounts and the catalogue of the cloud."""

import json
from collections.abc import Callable, Iterator
from typing import ClassVar

import keys
import ops
from catalogue import DOMAIN_ID, Account, Catalogue
from keystone_api import KeystoneClient
from openrc import openrc
from registration import Registrar, account_labels, new_password, service_secret
from sunbeam_charm.openstack import uwsgi
from sunbeam_charm.relations.base import owned_secret, relations
from sunbeam_charm.relations.identity_service import ServiceEndpoints
from sunbeam_charm.relations.ingress import Ingress
from sunbeam_charm.relations.memcache import Cache
from sunbeam_charm.relations.mysql_client import Database
from sunbeam_charm.service_charm import ServiceCharm
from sunbeam_charm.workload import File, Service, Step, Workload, http_check, own_folder, wait_until

PORT = 5000
USER = "keystone"
CONFIG = "/etc/keystone/keystone.conf"
UWSGI = "/etc/keystone/uwsgi.ini"
BOOTSTRAP = "/usr/share/sunbeam/bootstrap.py"
KEY_FOLDERS = {"fernet-keys": "/etc/keystone/fernet-keys", "credential-keys": "/etc/keystone/credential-keys"}
ADMIN = "admin"
ADMIN_SECRET = "admin-account"


class KeystoneCharm(ServiceCharm):
    container_name = "keystone"
    package = "keystone"
    ports = (PORT,)
    client: ClassVar[Callable[[str], KeystoneClient]] = KeystoneClient

    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        self.database = self.requires(Database(self, "database", "keystone"))
        self.cache = self.requires(Cache(self, "cache"))
        self.ingress = self.requires(Ingress(self, "ingress", PORT, self.unit_host))
        framework.observe(self.on.secret_rotate, self._on_secret_rotate)
        framework.observe(self.on.get_admin_password_action, self._on_get_admin_password)
        framework.observe(self.on.get_admin_account_action, self._on_get_admin_account)
        framework.observe(self.on.get_service_account_action, self._on_get_service_account)
        framework.observe(self.on.regenerate_password_action, self._on_regenerate_password)

    # Workload.

    def steps(self) -> Iterator[Step]:
        account = self.database.read()
        if account is None:
            return
        environment = {
            "OS_BOOTSTRAP_REGION_ID": str(self.config["region"]),
            "OS_BOOTSTRAP_INTERNAL_URL": self._own.internal_url,
            "OS_BOOTSTRAP_PUBLIC_URL": self._own.public_url,
        }
        if self.unit.is_leader():
            environment["OS_BOOTSTRAP_PASSWORD"] = self._admin_password()
        script = File(BOOTSTRAP, self.render("bootstrap.py"), mode=0o644)
        command = ("python3", BOOTSTRAP)
        files = (self._config_file(), *self._key_files(), script)
        yield Step("bootstrap", account.location, command, files, user=USER, environment=environment)

    def prepare(self) -> None:
        for label, folder in KEY_FOLDERS.items():
            own_folder(self.container, folder, USER, mode=0o700)
            wanted = keys.files(self._keys(label))
            for file in self.container.list_files(folder):
                if file.type is ops.pebble.FileType.FILE and file.name not in wanted:
                    self.container.remove_path(file.path)

    def workload(self) -> Workload:
        ini = uwsgi("keystone", PORT, "/usr/bin/keystone-wsgi-public", home="/var/lib/keystone")
        api = Service("keystone", f"uwsgi_python3 --ini {UWSGI}", USER, USER, files=(CONFIG, UWSGI))
        files = (self._config_file(), File(UWSGI, ini, group=USER), *self._key_files())
        return Workload(files, (api,), {"ready": http_check(PORT, "/v3")})

    def publish(self) -> None:
        if not self.unit.is_leader() or self.peers is None:
            return
        own = self._own
        for relation in relations(self, "identity-endpoints"):
            urls = {"internal": own.internal_url, "public": own.public_url, "admin": own.admin_url}
            relation.data[self.app]["endpoints"] = json.dumps(
                [{"service": "keystone", "interface": name, "url": url} for name, url in urls.items()]
            )
        if self.settled:
            Registrar(self, self.peers, own, str(self.config["region"]), self._connect).run()

    @property
    def _own(self) -> ServiceEndpoints:
        internal = f"http://{self.host}:{PORT}/v3"
        address = self.ingress.read()
        public = f"{address}/v3" if address else internal
        return ServiceEndpoints("keystone", "identity", "OpenStack Identity", internal, public, internal)

    def _config_file(self) -> File:
        content = self.render(
            "keystone.conf.j2",
            account=self.database.value,
            cache=self.cache.read(),
            fernet_keys=KEY_FOLDERS["fernet-keys"],
            credential_keys=KEY_FOLDERS["credential-keys"],
        )
        return File(CONFIG, content, group=USER)

    # Keys.

    def _keys(self, label: str) -> dict[str, str]:
        """Empty on a unit that is ahead of the leader."""
        rotate = ops.SecretRotate.DAILY if label == "fernet-keys" else None
        secret = owned_secret(self, label, keys.initial, rotate)
        return secret.peek_content() if secret else {}

    def _key_files(self) -> tuple[File, ...]:
        return tuple(
            File(f"{folder}/{name}", key, user=USER, group=USER, mode=0o600)
            for label, folder in KEY_FOLDERS.items()
            for name, key in keys.files(self._keys(label)).items()
        )

    def _on_secret_rotate(self, event: ops.SecretRotateEvent) -> None:
        if event.secret.label == "fernet-keys":
            event.secret.set_content(keys.rotated(event.secret.peek_content()))
            self.reconcile()

    # Accounts.

    def _admin_password(self) -> str:
        secret = service_secret(self, ADMIN_SECRET, ADMIN)
        return secret.peek_content()["password"]

    def _connect(self) -> KeystoneClient:
        """An administrator's client, once the API answers: seconds after its start."""
        client = type(self).client(f"http://{self.address}:{PORT}/v3")
        wait_until(client.alive, f"Keystone answers on {self.address}:{PORT}", timeout=1800)
        client.authenticate(ADMIN, self._admin_password(), ADMIN)
        return client

    def _refuse(self, event: ops.ActionEvent) -> bool:
        """Whether an action cannot run here now; it then has failed with the reason."""
        if not self.unit.is_leader():
            event.fail("Only the leader manages accounts: run this action on it.")
        elif not self.settled:
            event.fail("Keystone does not run yet: see the unit's status.")
        else:
            return False
        return True

    def _on_get_admin_password(self, event: ops.ActionEvent) -> None:
        if not self._refuse(event):
            event.set_results({"password": self._admin_password()})

    def _on_get_admin_account(self, event: ops.ActionEvent) -> None:
        if self._refuse(event):
            return
        region, password = str(self.config["region"]), self._admin_password()
        event.set_results(
            {
                "username": ADMIN,
                "password": password,
                "project-name": ADMIN,
                "project-domain-name": "Default",
                "user-domain-name": "Default",
                "region": region,
                "api-version": "3",
                "internal-endpoint": self._own.internal_url,
                "public-endpoint": self._own.public_url,
                "openrc": openrc(self._own.public_url, ADMIN, password, ADMIN, region),
            }
        )

    def _on_get_service_account(self, event: ops.ActionEvent) -> None:
        if self._refuse(event):
            return
        username = str(event.params["username"])
        label = self._account_labels().get(username)
        secret = service_secret(self, label or f"account-{username}", username)
        password = secret.peek_content()["password"]
        if label is None:
            Catalogue(self._connect()).account(Account(username, password))
        event.set_results({"username": username, "password": password})

    def _on_regenerate_password(self, event: ops.ActionEvent) -> None:
        if self._refuse(event):
            return
        username = str(event.params["username"])
        secret = owned_secret(self, self._account_labels().get(username, f"account-{username}"))
        client = self._connect()
        user = client.find("users", name=username, domain_id=DOMAIN_ID)
        if secret is None or user is None:
            event.fail(f"This charm has made no account {username}.")
            return
        password = new_password()
        client.update("users", user["id"], {"password": password})
        secret.set_content({"username": username, "password": password})
        event.set_results({"username": username, "password": password})

    def _account_labels(self) -> dict[str, str]:
        """Labels of the secrets of the administrator's and integrated applications' accounts, by username."""
        return {ADMIN: ADMIN_SECRET, **account_labels(self)}


if __name__ == "__main__":
    ops.main(KeystoneCharm)
