"""What a support bundle holds: a literal list of collectors."""

from __future__ import annotations

from sunbeam.doctor.bundle import cloud, node
from sunbeam.doctor.bundle.archive import Collector

COLLECTORS: tuple[Collector, ...] = (
    Collector("doctor", "What doctor and check find", node.findings, 60),
    Collector("status", "Nodes, units, APIs and VMs", cloud.status, 30),
    Collector("changes", "The journal and the log of each change", node.changes),
    Collector("logs", "Logs of Sunbeam, etcd and sunbeamd", node.logs),
    Collector("containers", "Logs of containers", node.container_logs),
    Collector("operators", "Units, and what their charms logged", cloud.operator_units),
    Collector("juju", "Status of all models as the Juju API tells it", cloud.juju),
    Collector("terraform", "Resources of each module, and how the cloud differs", cloud.terraform, 90),
    Collector("openstack", "Services, agents, networks and VMs", cloud.openstack, 40),
    Collector("ovn", "Open vSwitch and OVN", cloud.ovn),
    Collector("podman", "Containers and images", cloud.podman),
    Collector("network", "Addresses, routes, packet rules, listeners and names", node.network),
    Collector("host", "The machine: system, disks, memory, kernel log, packages, processes", node.host),
    Collector("systemd", "Units of systemd", node.systemd),
    Collector("config", "Settings of this node", node.config),
    Collector("services", "Configuration files in containers", cloud.service_config, may_hold_secrets=True),
)
