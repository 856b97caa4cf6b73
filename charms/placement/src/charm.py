#!/usr/bin/env python3
"""Placement: what compute nodes offer, and what of it is taken."""

from collections.abc import Iterator

import ops
from sunbeam_charm.api_charm import ApiCharm
from sunbeam_charm.openstack import uwsgi
from sunbeam_charm.relations import placement
from sunbeam_charm.workload import File, Service, Step, Workload, http_check

PORT = 8778
USER = "placement"
CONFIG = "/etc/placement/placement.conf"
SYNC_CONFIG = "/etc/placement/sync.conf"
UWSGI = "/etc/placement/uwsgi.ini"


class PlacementCharm(ApiCharm):
    container_name = "placement-api"
    package = "placement-api"
    ports = (PORT,)
    api_port = PORT
    service_type = "placement"
    service_description = "OpenStack Placement"

    def steps(self) -> Iterator[Step]:
        """The schema needs no account in Keystone, so it is made while Keystone still starts."""
        if account := self.database.read():
            config = File(SYNC_CONFIG, self.render("sync.conf.j2", account=account), group=USER)
            command = ("placement-manage", "--config-file", SYNC_CONFIG, "db", "sync")
            yield Step("db-sync", account.location, command, (config,), user=USER)

    def workload(self) -> Workload:
        config = self.render(
            "placement.conf.j2",
            account=self.database.value,
            identity=self.identity.value,
            cache=self.cache.read(),
        )
        ini = uwsgi("placement", PORT, "/usr/bin/placement-api", home="/var/lib/placement")
        files = (File(CONFIG, config, group=USER), File(UWSGI, ini, group=USER))
        api = Service("placement", f"uwsgi_python3 --ini {UWSGI}", USER, USER)
        return Workload(files, (api,), {"ready": http_check(PORT)})

    def publish(self) -> None:
        super().publish()
        if self.unit.is_leader() and self.settled:
            placement.publish(self, "placement", ready=True)


if __name__ == "__main__":
    ops.main(PlacementCharm)
