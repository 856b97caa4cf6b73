"""Every rule, in the order in which causes count: none explains an earlier one."""

from __future__ import annotations

from sunbeam.doctor.diagnosis import Rule
from sunbeam.doctor.rules import cloud, containers, machine, network, node, records

USERS = ("ingress-unreachable", "api-fails", "agent-dead", "credentials-refused")
UNITS = ("hook-fails", "unit-waits", "change-unfinished", *USERS)
SERVICES = ("container-down", "service-down", "check-fails", "ovn-disconnected", *UNITS)
DAEMON = ("sunbeamd-refuses", "sunbeamd-down", "sunbeamd-silent", "terraform-locked")
EVERYTHING = (
    "etcd-full",
    "etcd-down",
    *DAEMON,
    "podman-broken",
    "image-build-failed",
    "image-missing",
    "mariadb-connections",
    "mariadb-read-only",
    "rabbitmq-alarm",
    *SERVICES,
)
DISK = ("journal-not-written", *EVERYTHING)

RULES: tuple[Rule, ...] = (
    Rule("settings-damaged", "The settings of this node cannot be read", records.settings_damaged),
    Rule("journal-damaged", "The journal cannot be read", records.journal_damaged),
    Rule("journal-newer", "The journal is of a newer Sunbeam", records.journal_newer),
    Rule("no-cloud", "This machine is not part of a cloud", records.no_cloud),
    Rule(
        "disk-read-only",
        "A file system can only be read",
        machine.disk_read_only,
        explains=("disk-full", *DISK),
    ),
    Rule(
        "disk-full",
        "A disk is full",
        machine.disk_full,
        explains=DISK,
    ),
    Rule("inodes-used-up", "A file system has no inodes left", machine.inodes_used_up, explains=DISK),
    Rule("journal-not-written", "The journal cannot be written", records.journal_not_written),
    Rule(
        "clock-wrong",
        "The clock is wrong",
        machine.clock_wrong,
        explains=("certificate-wrong", "certificate-ends-soon", "mirror-dead", *EVERYTHING),
    ),
    Rule(
        "memory-short",
        "Too little memory, or swapping",
        machine.memory_short,
        explains=("oom-killed", *EVERYTHING),
    ),
    Rule("disk-slow", "The disk is slow", machine.disk_slow),
    Rule(
        "oom-killed",
        "A process was killed for lack of memory",
        machine.oom_killed,
        explains_here=("container-down", "service-down", "check-fails", "unit-waits", *USERS),
    ),
    Rule(
        "programs-missing",
        "A program that containers need is gone",
        machine.programs_missing,
        explains=EVERYTHING,
    ),
    Rule("kvm-unused", "The processor can run VMs, but KVM is not used", machine.kvm_unused),
    Rule(
        "dns-dead",
        "Names are not resolved",
        machine.names_dead,
        explains=("mirror-dead", "image-build-failed", "change-unfinished"),
    ),
    Rule(
        "mirror-dead",
        "The package mirror does not answer",
        machine.mirror_dead,
        explains=("image-build-failed", "image-missing", "change-unfinished"),
    ),
    Rule(
        "cloud-stopped",
        "The cloud was stopped, or not started after a boot",
        node.stopped,
        explains=(*EVERYTHING, "bridge-gone", "forwarding-off", "firewall-flushed"),
    ),
    Rule(
        "address-changed",
        "The machine lost the cloud's address",
        machine.address_changed,
        explains=USERS,
    ),
    Rule(
        "port-stolen",
        "A port of ours is taken",
        network.port_stolen,
        explains=("etcd-down", *DAEMON, "change-unfinished"),
    ),
    Rule(
        "bridge-gone",
        "A bridge or its address is gone",
        network.bridge_gone,
        explains=SERVICES,
    ),
    Rule("forwarding-off", "Packets are not forwarded", network.forwarding_off, explains=SERVICES),
    Rule(
        "firewall-flushed",
        "The cloud's packet rules are gone",
        network.firewall_flushed,
        explains=USERS,
    ),
    Rule(
        "forward-dropped",
        "Another program drops forwarded packets",
        network.forward_dropped,
        explains=SERVICES,
    ),
    Rule(
        "hosts-altered",
        "The hosts file of pods was altered",
        network.hosts_altered,
        explains=SERVICES,
    ),
    Rule(
        "certificate-wrong",
        "A certificate is expired, early, revoked or foreign",
        node.certificate_wrong,
        explains=("etcd-down", *DAEMON, "ovn-disconnected", "api-fails", "change-unfinished"),
    ),
    Rule("sunbeamd-outdated", "sunbeamd runs another version than is installed", node.outdated),
    Rule("certificate-ends-soon", "A certificate ends soon", node.certificate_ends_soon),
    Rule("secrets-readable", "Others may read files with secrets", records.secrets_readable),
    Rule("credentials-gone", "The administrator's credentials are gone", records.credentials_gone),
    Rule(
        "etcd-full",
        "The cluster store is full",
        node.etcd_full,
        explains=("etcd-down", *DAEMON, "change-unfinished"),
    ),
    Rule("etcd-down", "etcd does not run", node.etcd_down, explains=(*DAEMON, "change-unfinished")),
    Rule(
        "sunbeamd-refuses",
        "sunbeamd refuses to start",
        node.refused,
        explains=("sunbeamd-down", "sunbeamd-silent", "terraform-locked", "change-unfinished"),
    ),
    Rule(
        "sunbeamd-down",
        "sunbeamd does not run",
        node.daemon_down,
        explains=("sunbeamd-silent", "terraform-locked", "container-down", "change-unfinished"),
    ),
    Rule(
        "sunbeamd-silent",
        "sunbeamd does not answer",
        node.daemon_silent,
        explains=("terraform-locked", "change-unfinished"),
    ),
    Rule("lock-held", "The lock of changes is held", records.lock_held),
    Rule(
        "terraform-locked",
        "A Terraform state is locked",
        records.terraform_locked,
        explains=("change-unfinished",),
    ),
    Rule(
        "podman-broken",
        "podman does not work",
        containers.podman_broken,
        explains=("image-missing", *SERVICES),
    ),
    Rule(
        "image-build-failed",
        "An image could not be built",
        containers.image_build_failed,
        explains=("image-missing", "change-unfinished"),
    ),
    Rule(
        "image-missing",
        "An image is missing",
        containers.image_missing,
        explains_here=("container-down", "unit-waits"),
        explains=("change-unfinished",),
    ),
    Rule(
        "container-down",
        "A container does not run",
        containers.container_down,
        explains_here=("service-down", "check-fails", *UNITS),
    ),
    Rule(
        "mariadb-connections",
        "MariaDB has no connections left",
        cloud.mariadb_connections,
        explains=SERVICES[1:],
    ),
    Rule(
        "mariadb-read-only",
        "MariaDB is read-only",
        cloud.mariadb_read_only,
        explains=SERVICES[1:],
    ),
    Rule("rabbitmq-alarm", "RabbitMQ takes no messages", cloud.rabbitmq_alarm, explains=SERVICES[1:]),
    Rule(
        "service-down",
        "A service does not run",
        containers.service_down,
        explains_here=("check-fails", "ovn-disconnected", *UNITS),
    ),
    Rule(
        "ovn-disconnected",
        "OVN's southbound database is not connected",
        cloud.ovn_disconnected,
        explains=("agent-dead",),
    ),
    Rule(
        "check-fails",
        "A service does not answer its check",
        containers.check_fails,
        explains_here=UNITS,
    ),
    Rule("hook-fails", "A charm fails", cloud.hook_fails, explains_here=("unit-waits",)),
    Rule(
        "unit-waits",
        "A unit is blocked or waits",
        cloud.unit_waits,
        explains=("change-unfinished",),
    ),
    Rule(
        "ingress-unreachable",
        "The public address does not answer",
        network.ingress_unreachable,
        explains=("api-fails", "agent-dead", "change-unfinished"),
    ),
    Rule(
        "credentials-refused",
        "Keystone refuses the administrator",
        cloud.credentials_refused,
        explains=("api-fails",),
    ),
    Rule("agent-dead", "An agent of Nova or Neutron is not heard of", cloud.agent_dead),
    Rule(
        "api-fails",
        "An API does not answer",
        cloud.api_fails,
        explains=("change-unfinished",),
    ),
    Rule("change-unfinished", "A change was interrupted, failed or waits", records.change_unfinished),
)
