#!/usr/bin/env python3
"""The charm of OVN's databases and northd."""

import json
from collections.abc import Iterator
from pathlib import Path

import ops
from sunbeam_charm.relations import ovsdb_cms
from sunbeam_charm.relations.tls_certificates import Certificates, TlsMaterial
from sunbeam_charm.service_charm import ServiceCharm
from sunbeam_charm.workload import File, Service, Workload, tcp_check

PORTS = {"nb": ovsdb_cms.NORTHBOUND_PORT, "sb": ovsdb_cms.SOUTHBOUND_PORT}
SERVE = "/etc/ovn/serve-database.sh"
NORTHD_CONTROL = "/run/ovn/ovn-northd.ctl"


class OvnCentralCharm(ServiceCharm):
    container_name = "ovn"
    package = "ovn-central"
    ports = tuple(PORTS.values())

    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        names = (self.unit_host, self.host, self.address)
        self.certificates = self.requires(Certificates(self, "certificates", names))

    @property
    def serves(self) -> bool:
        """The databases are not clustered: a second unit would be a second, empty network."""
        return self.unit.name.endswith("/0")

    def workload(self) -> Workload:
        if not self.serves:
            return Workload()
        tls = _tls_files(self.certificates.value)
        configurations = {name: self._configuration(name) for name in PORTS}
        serve = File(SERVE, self._script("serve-database.sh"), mode=0o755)
        return Workload(
            files=(*tls, *configurations.values(), serve),
            services=(
                *(self._database(name, configurations[name], tls) for name in PORTS),
                Service(
                    "ovn-northd",
                    f"ovn-northd --ovnnb-db={_socket('nb')} --ovnsb-db={_socket('sb')} "
                    f"--unixctl={NORTHD_CONTROL} -vconsole:info -vfile:off -vsyslog:off",
                    files=(),
                    options={"after": ["ovsdb-server-nb", "ovsdb-server-sb"]},
                ),
            ),
            checks={
                "northbound": tcp_check(PORTS["nb"], level="ready"),
                "southbound": tcp_check(PORTS["sb"], level="ready"),
                "northd": {
                    "override": "replace",
                    "level": "ready",
                    "period": "30s",
                    "timeout": "5s",
                    "exec": {"command": f"ovn-appctl -t {NORTHD_CONTROL} status"},
                },
            },
        )

    def publish(self) -> None:
        if self.serves and self.address and self.settled:
            ovsdb_cms.publish(self, "ovsdb-cms", self.address, self.unit_host)

    def problems(self) -> Iterator[ops.StatusBase]:
        if not self.serves:
            yield ops.BlockedStatus(f"The databases are not clustered: scale {self.app.name} to one unit.")

    def _database(self, name: str, configuration: File, tls: tuple[File, ...]) -> Service:
        watched = (configuration.path, SERVE, *(file.path for file in tls))
        return Service(f"ovsdb-server-{name}", f"{SERVE} {name}", files=watched)

    def _configuration(self, name: str) -> File:
        """ovsdb-server's file: the Unix socket for northd, TLS for everybody else."""
        milliseconds = int(self.config["inactivity-probe"]) * 1000
        wanted = {
            "remotes": {
                f"p{_socket(name)}": {},
                f"pssl:{PORTS[name]}:0.0.0.0": {"inactivity-probe": milliseconds},
            },
            "databases": {f"/var/lib/ovn/ovn{name}_db.db": {}},
        }
        return File(f"/etc/ovn/{name}.json", json.dumps(wanted, indent=2) + "\n")

    def _script(self, name: str) -> str:
        return (Path(__file__).parent / "templates" / name).read_text()


def _socket(name: str) -> str:
    return f"unix:/run/ovn/ovn{name}_db.sock"


def _tls_files(material: TlsMaterial) -> tuple[File, ...]:
    return (
        File("/etc/ovn/key.pem", material.private_key, mode=0o600),
        File("/etc/ovn/certificate.pem", material.certificate, mode=0o644),
        File("/etc/ovn/authority.pem", material.authority, mode=0o644),
    )


if __name__ == "__main__":
    ops.main(OvnCentralCharm)
