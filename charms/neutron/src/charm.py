#!/usr/bin/env python3
"""The charm of Neutron: its API with ML2 and OVN, and the two workers that keep OVN and agents in order."""

from collections.abc import Iterator

import ops
from sunbeam_charm import openstack
from sunbeam_charm.relations.identity_service import IdentityService, ServiceEndpoints
from sunbeam_charm.relations.ingress import Ingress
from sunbeam_charm.relations.memcache import Cache
from sunbeam_charm.relations.mysql_client import Database
from sunbeam_charm.relations.ovsdb_cms import OvsdbCms
from sunbeam_charm.relations.rabbitmq import Broker
from sunbeam_charm.relations.tls_certificates import Certificates
from sunbeam_charm.service_charm import ServiceCharm
from sunbeam_charm.workload import File, Service, Step, Workload, digest, http_check

PORT = 9696
CONFIGURATION = "/etc/neutron/neutron.conf"
ML2 = "/etc/neutron/plugins/ml2/ml2_conf.ini"
UWSGI = "/etc/neutron/neutron-api.ini"
MIGRATION = "/etc/neutron/database-migration.conf"
TLS = {name: f"/etc/neutron/ovn/{name}.pem" for name in ("key", "certificate", "authority")}
BOTH = f"--config-file={CONFIGURATION} --config-file={ML2}"


class NeutronCharm(ServiceCharm):
    container_name = "neutron"
    package = "neutron-common"
    ports = (PORT,)

    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        self.region = str(self.config["region"])
        self.database = self.requires(Database(self, "database", "neutron"))
        self.amqp = self.requires(Broker(self, "amqp"))
        self.identity = self.requires(IdentityService(self, "identity-service", self.region))
        self.ovsdb = self.requires(OvsdbCms(self, "ovsdb-cms"))
        names = (self.unit_host, self.host)
        self.certificates = self.requires(Certificates(self, "certificates", names))
        self.cache = self.requires(Cache(self, "cache"))
        self.ingress = self.requires(Ingress(self, "ingress", PORT, self.host))

    def steps(self) -> Iterator[Step]:
        if account := self.database.read():
            yield Step(
                "database",
                key=digest(account.url),
                command=("neutron-db-manage", f"--config-file={MIGRATION}", "upgrade", "heads"),
                files=(self._file(MIGRATION, openstack.database(account)),),
                user="neutron",
            )

    def workload(self) -> Workload:
        return Workload(
            files=(
                self._configuration(),
                self._file(ML2, self.render("ml2_conf.ini.j2", databases=self.ovsdb.value, tls=TLS)),
                self._uwsgi(),
                *self._tls_files(),
            ),
            services=(
                _service("neutron-api", f"uwsgi_python3 --ini {UWSGI}"),
                _service("neutron-ovn-maintenance-worker", f"neutron-ovn-maintenance-worker {BOTH}"),
                _service("neutron-periodic-workers", f"neutron-periodic-workers {BOTH}"),
            ),
            checks={"api": http_check(PORT)},
        )

    def publish(self) -> None:
        internal = f"http://{self.host}:{PORT}"
        public = self.ingress.read() or internal
        self.identity.register(
            ServiceEndpoints("neutron", "network", "OpenStack Networking", internal, public, internal)
        )

    def _configuration(self) -> File:
        content = self.render(
            "neutron.conf.j2",
            transport_url=self.amqp.value.transport_url,
            database_account=self.database.value,
            identity=self.identity.value,
            cache=self.cache.read(),
        )
        return self._file(CONFIGURATION, content)

    def _uwsgi(self) -> File:
        """uWSGI's file.  Neutron takes no threads; its hash ring in OVN needs the time the API started.

        An API that finds no OVN at its start must end (``need-app``), for Pebble to start it again.
        """
        content = openstack.uwsgi(
            "neutron-api",
            PORT,
            "/usr/bin/neutron-api",
            home="/var/lib/neutron",
            threads=1,
            start_time="%t",
            pyargv=BOTH,
        )
        return self._file(UWSGI, content)

    def _tls_files(self) -> tuple[File, ...]:
        material = self.certificates.value
        texts = {
            "key": material.private_key,
            "certificate": material.certificate,
            "authority": material.authority,
        }
        return tuple(self._file(TLS[name], text) for name, text in texts.items())

    def _file(self, path: str, content: str) -> File:
        return File(path, content, group="neutron")


def _service(name: str, command: str) -> Service:
    return Service(name, command, user="neutron", group="neutron")


if __name__ == "__main__":
    ops.main(NeutronCharm)
