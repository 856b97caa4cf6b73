#!/usr/bin/env python3
"""The charm of Nova: API, metadata API, conductor, scheduler and noVNC proxy in one container."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import ops
from sunbeam_charm import openstack
from sunbeam_charm.relations import nova
from sunbeam_charm.relations.base import owned_secret
from sunbeam_charm.relations.identity_service import IdentityService, ServiceEndpoints
from sunbeam_charm.relations.ingress import Ingress
from sunbeam_charm.relations.memcache import Cache
from sunbeam_charm.relations.mysql_client import Database
from sunbeam_charm.relations.placement import Placement
from sunbeam_charm.relations.rabbitmq import Broker
from sunbeam_charm.service_charm import ServiceCharm
from sunbeam_charm.workload import File, Service, Step, Workload, digest, http_check, run, tcp_check

API_PORT, METADATA_PORT, CONSOLE_PORT = 8774, 8775, 6080
CONFIGURATION = "/etc/nova/nova.conf"
SYNC = "/usr/local/lib/sunbeam/sync_databases.py"
METADATA_SECRET = "shared-metadata-secret"


class EventualPlacement(Placement):
    """Nova starts without Placement, which it asks only when it schedules; the status still names it."""

    def obstacle(self) -> ops.StatusBase | None:
        return super().obstacle() if self.relation is None else None


class NovaCharm(ServiceCharm):
    container_name = "nova"
    package = "nova-common"
    ports = (API_PORT, METADATA_PORT, CONSOLE_PORT)

    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        self.region = str(self.config["region"])
        self.database = self.requires(Database(self, "database", "nova"))
        self.api_database = self.requires(Database(self, "api-database", "nova_api"))
        self.cell0_database = self.requires(Database(self, "cell-database", "nova_cell0"))
        self.amqp = self.requires(Broker(self, "amqp"))
        self.identity = self.requires(IdentityService(self, "identity-service", self.region))
        self.placement = self.requires(EventualPlacement(self, "placement"))
        self.cache = self.requires(Cache(self, "cache"))
        self.ingress = self.requires(Ingress(self, "ingress", API_PORT, self.host))
        console = f"{self.app.name}-console"
        self.ingress_console = self.requires(
            Ingress(self, "ingress-console", CONSOLE_PORT, self.host, name=console)
        )
        framework.observe(self.on.discover_hosts_action, self._on_discover_hosts)

    @property
    def console_url(self) -> str:
        """The page that shows consoles.  It opens its websocket relative to itself, so any prefix will do."""
        base = self.ingress_console.read() or f"http://{self.host}:{CONSOLE_PORT}"
        return f"{base}/vnc_auto.html"

    def steps(self) -> Iterator[Step]:
        database, api, cell0 = self.database.read(), self.api_database.read(), self.cell0_database.read()
        broker = self.amqp.read()
        if not (database and api and cell0 and broker):
            return
        self._metadata_secret()
        urls = {"api": api.url, "cell0": cell0.url, "cell1": database.url, "transport": broker.transport_url}
        yield Step(
            "databases",
            key=digest(*urls.values()),
            command=("python3", SYNC),
            files=(File(SYNC, self._text("sync_databases.py"), mode=0o644),),
            user="nova",
            stdin=json.dumps(urls),
        )

    def workload(self) -> Workload:
        uwsgi = (self._uwsgi("nova-api", API_PORT), self._uwsgi("nova-metadata", METADATA_PORT))
        return Workload(
            files=(self._configuration(), *uwsgi),
            services=(
                *(self._web_service(file) for file in uwsgi),
                self._service("nova-conductor"),
                self._service("nova-scheduler"),
                self._service("nova-novncproxy", "--web /usr/share/novnc"),
            ),
            checks={
                "api": http_check(API_PORT),
                "metadata": tcp_check(METADATA_PORT, level="ready"),
                "console": tcp_check(CONSOLE_PORT, level="ready"),
            },
        )

    def publish(self) -> None:
        internal = f"http://{self.host}:{API_PORT}/v2.1"
        public = f"{ingress}/v2.1" if (ingress := self.ingress.read()) else internal
        self.identity.register(
            ServiceEndpoints("nova", "compute", "OpenStack Compute", internal, public, internal)
        )
        secret = self._metadata_secret()
        if secret and self.unit.is_leader() and self.settled:
            nova.publish(
                self,
                "nova-service",
                region=self.region,
                metadata_url=f"http://{self.host}:{METADATA_PORT}",
                console_url=self.console_url,
                secret=secret,
            )

    def problems(self) -> Iterator[ops.StatusBase]:
        if self.placement.relation is not None and not self.placement.read():
            yield ops.WaitingStatus("Waiting for placement to be ready.")

    def _configuration(self) -> File:
        secret = self._metadata_secret()
        if secret is None:
            raise RuntimeError("The leader finished its steps without making the metadata secret.")
        content = self.render(
            "nova.conf.j2",
            address=self.address,
            transport_url=self.amqp.value.transport_url,
            api_database=self.api_database.value,
            cell_database=self.database.value,
            identity=self.identity.value,
            cache=self.cache.read(),
            metadata_secret=secret.peek_content()[nova.SHARED_SECRET],
            console_port=CONSOLE_PORT,
            console_url=self.console_url,
        )
        return File(CONFIGURATION, content, group="nova")

    def _metadata_secret(self) -> ops.Secret | None:
        """Made by the leader before any step, so that it exists wherever the steps are done."""
        return owned_secret(self, METADATA_SECRET, lambda: {nova.SHARED_SECRET: secrets.token_urlsafe(32)})

    def _uwsgi(self, name: str, port: int) -> File:
        """uWSGI's file of one API.  Nova takes no threads.  An API that cannot load ends, for a new start."""
        content = openstack.uwsgi(name, port, f"/usr/bin/{name}-wsgi", home="/var/lib/nova", threads=1)
        return File(f"/etc/nova/{name}.ini", content, group="nova")

    def _web_service(self, file: File) -> Service:
        name = Path(file.path).stem
        return self._service(name, files=(file.path,), command=f"uwsgi_python3 --ini {file.path}")

    def _service(
        self, name: str, options: str = "", *, files: tuple[str, ...] = (), command: str = ""
    ) -> Service:
        command = command or f"{name} --config-file {CONFIGURATION} {options}".strip()
        return Service(name, command, user="nova", group="nova", files=(CONFIGURATION, *files))

    def _text(self, name: str) -> str:
        return (Path(__file__).parent / "templates" / name).read_text()

    def _on_discover_hosts(self, event: ops.ActionEvent) -> None:
        if not self.settled:
            event.fail(f"{self.app.name} is not running yet; see juju status {self.app.name}")
            return
        try:
            said = run(
                self.container,
                "nova-manage",
                "cell_v2",
                "discover_hosts",
                "--verbose",
                user="nova",
                timeout=900,
            )
        except ops.pebble.ExecError as error:
            event.fail(f"nova-manage cell_v2 discover_hosts: {(error.stderr or '')[-500:]}")
            return
        event.set_results({"result": said})


if __name__ == "__main__":
    ops.main(NovaCharm)
