#!/usr/bin/env python3
"""Glance: the images servers start from, as files in a storage."""

from collections.abc import Iterator

import ops
from sunbeam_charm.api_charm import ApiCharm
from sunbeam_charm.relations import glance
from sunbeam_charm.workload import File, Service, Step, Workload, http_check, own_folder

PORT = 9292
USER = "glance"
CONFIG = "/etc/glance/glance-api.conf"
SYNC_CONFIG = "/etc/glance/sync.conf"
FOLDERS = {
    "images": "/var/lib/glance/images",
    "staging": "/var/lib/glance/staging",
    "tasks": "/var/lib/glance/tasks",
}


class GlanceCharm(ApiCharm):
    container_name = "glance-api"
    package = "glance-api"
    ports = (PORT,)
    api_port = PORT
    service_type = "image"
    service_description = "OpenStack Image"

    def steps(self) -> Iterator[Step]:
        """The schema needs no account in Keystone, so it is made while Keystone still starts."""
        if account := self.database.read():
            config = File(SYNC_CONFIG, self.render("sync.conf.j2", account=account), group=USER)
            command = ("glance-manage", "--config-file", SYNC_CONFIG, "db", "sync")
            yield Step("db-sync", account.location, command, (config,), user=USER)

    def prepare(self) -> None:
        for folder in FOLDERS.values():
            own_folder(self.container, folder, USER)

    def workload(self) -> Workload:
        config = self.render(
            "glance-api.conf.j2",
            account=self.database.value,
            identity=self.identity.value,
            cache=self.cache.read(),
            folders=FOLDERS,
            port=PORT,
        )
        # Not under uWSGI: its HTTP server loses chunked uploads, which is how Nova stores snapshots.
        api = Service("glance-api", f"glance-api --config-file {CONFIG}", USER, USER)
        return Workload(
            (File(CONFIG, config, group=USER),), (api,), {"ready": http_check(PORT, "/healthcheck")}
        )

    def publish(self) -> None:
        super().publish()
        if self.unit.is_leader() and self.settled:
            glance.publish(self, "image-service", self.internal_url)


if __name__ == "__main__":
    ops.main(GlanceCharm)
