"""Every check, in the order in which they are shown."""

from __future__ import annotations

from typing import Any

from sunbeam.checks import (
    clock,
    guests,
    kernel,
    leftovers,
    machine,
    mirrors,
    names,
    networks,
    packages,
    packets,
    physical_network,
    ports,
    storage,
)
from sunbeam.checks.check import Check

CONTROL = ("control",)
COMPUTE = ("compute",)

CHECKS: tuple[Check[Any], ...] = (
    Check("root", "root rights", machine.machine, machine.root),
    Check("distribution", "the distribution", machine.machine, machine.distribution),
    Check("python", "the Python version", machine.python_version, machine.python),
    Check("init", "systemd", machine.machine, machine.init, once=True),
    Check("locale", "the locale", machine.encoding, machine.locale, once=True),
    Check("cores", "processor cores", machine.machine, machine.cores),
    Check("memory", "memory", machine.machine, machine.memory),
    Check("disk-space", "disk space", storage.volumes, storage.space),
    Check("inodes", "inodes", storage.volumes, storage.inodes),
    Check("mount-options", "mount options", storage.volumes, storage.mount_options),
    Check(
        "disk-speed",
        "disk speed",
        storage.write_speed,
        storage.disk_speed,
        CONTROL,
        once=True,
        needs_root=True,
    ),
    Check("kvm", "KVM", guests.kvm, guests.acceleration, COMPUTE, once=True, needs_root=True),
    Check("cgroups", "cgroups", machine.machine, kernel.cgroups),
    Check("tun", "the TUN device", kernel.features, kernel.tun, once=True, needs_root=True),
    Check("overlay", "overlay file systems", kernel.features, kernel.overlay, once=True, needs_root=True),
    Check("namespaces", "namespaces", kernel.features, kernel.namespaces, once=True, needs_root=True),
    Check("confinement", "SELinux and AppArmor", machine.security_modules, machine.confinement, once=True),
    Check("programs", "container tools", machine.programs, machine.container_tools, once=True),
    Check("packages", "installed packages", packages.package_state, packages.packages, once=True),
    Check("date", "the date", clock.own_clock, clock.right_date),
    Check("clock", "the clock", clock.clock, clock.right_time, once=True, seconds=25),
    Check("host-name", "the host name", names.host_name, names.valid_host_name),
    Check("own-name", "the machine's own names", names.own_names, names.own_name, once=True),
    Check("dns", "name resolution", names.dns, names.resolver, once=True, seconds=25),
    Check("proxy", "proxies", mirrors.proxies, mirrors.proxy, once=True, seconds=25),
    Check("mirrors", "package archives", mirrors.archives, mirrors.mirrors, once=True, seconds=30),
    Check("registry", "the registry of OpenTofu", mirrors.registry, mirrors.registries, CONTROL, once=True),
    Check("ranges", "network ranges", networks.networks, networks.ranges),
    Check("routes", "routes", networks.networks, networks.routes),
    Check("packet-size", "packet sizes", networks.networks, networks.packet_size, once=True),
    Check(
        "external-interface",
        "the external interface",
        networks.networks,
        physical_network.external_interface,
    ),
    Check("external-pool", "addresses of VMs", networks.networks, physical_network.external_pool),
    Check("ports", "ports", ports.holders, ports.ports, CONTROL),
    Check(
        "nat", "address translation", packets.packets, packets.address_translation, once=True, needs_root=True
    ),
    Check("forwarding", "packet filters", packets.packets, packets.forwarding, once=True, needs_root=True),
    Check(
        "leftovers",
        "leftovers of other clouds",
        leftovers.leftovers,
        leftovers.clean,
        once=True,
        needs_root=True,
    ),
)
