#!/usr/bin/env python3
"""memcached: what it holds may be lost at any time, so there is nothing to keep."""

import ops
from sunbeam_charm.relations import memcache
from sunbeam_charm.service_charm import ServiceCharm
from sunbeam_charm.workload import Service, Workload, tcp_check

PORT = 11211


class MemcachedCharm(ServiceCharm):
    container_name = "memcached"
    package = "memcached"
    ports = (PORT,)

    def workload(self) -> Workload:
        size, connections = self.config["size"], self.config["max-connections"]
        command = f"memcached -m {size} -c {connections} -p {PORT} -l 0.0.0.0"
        server = Service("memcached", command, user="memcache", group="memcache")
        return Workload(services=(server,), checks={"alive": tcp_check(PORT)})

    def publish(self) -> None:
        if self.settled:
            memcache.publish(self, "cache", self.unit_host, PORT)


if __name__ == "__main__":
    ops.main(MemcachedCharm)
