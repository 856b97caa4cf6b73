#!/usr/bin/env python3
"""The charm of a compute node.

Every event leads to the same ``_reconcile``: bring up what the machine needs by itself, then what the
relations allow.  That makes a reboot, a lost hook and a changed setting the same case.
"""

import socket
from pathlib import Path
from typing import Any

import abilities
import compute
import openvswitch
import ops
import packages
import pki
import process
import services
from actions import Actions
from files import File, write
from relations import USER, MachineCertificate
from sunbeam_charm.relations.base import Requirer
from sunbeam_charm.relations.certificate_transfer import Authorities
from sunbeam_charm.relations.identity_credentials import IdentityCredentials
from sunbeam_charm.relations.nova import NovaService
from sunbeam_charm.relations.ovsdb_cms import OvsdbCms
from sunbeam_charm.relations.rabbitmq import Broker

COMPUTE_SERVICES = ("nova-compute", "neutron-ovn-metadata-agent")
ALL_SERVICES = ("ovsdb-server", "ovs-vswitchd", "virtlogd", "libvirtd", "ovn-controller", *COMPUTE_SERVICES)
AUTHORITIES = "/usr/local/share/ca-certificates/sunbeam.crt"
CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


class HypervisorCharm(ops.CharmBase):
    """``run``, ``root``, ``host_name`` and ``services`` are its only ways to the machine."""

    run: process.Run = staticmethod(process.run)
    root = Path("/")
    host_name = socket.gethostname()
    _tried = ops.StoredState()  # type: ignore[no-untyped-call]

    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        self.services = self.make_services()
        self.amqp = Broker(self, "amqp", USER)
        self.identity = IdentityCredentials(self, "identity-credentials", USER)
        self.nova = NovaService(self, "nova-service")
        self.ovsdb = OvsdbCms(self, "ovsdb-cms", external=True)
        self.certificate = MachineCertificate(self, "certificates")
        self.authorities = Authorities(self, "receive-ca-cert")
        self.requirers: tuple[Requirer[Any], ...] = (
            self.amqp,
            self.identity,
            self.nova,
            self.ovsdb,
            self.certificate,
            self.authorities,
        )
        self._tried.set_default(boot_id="", kvm=False, kernel_datapath=False)
        for event in (
            self.on.config_changed,
            self.on.update_status,
            self.on.leader_elected,
            self.on.secret_changed,
        ):
            framework.observe(event, self._reconcile)
        for endpoint in self.meta.requires:
            on = self.on[endpoint]
            for event in (on.relation_created, on.relation_changed, on.relation_departed, on.relation_broken):
                framework.observe(event, self._reconcile)
        for event in (self.on.install, self.on.start, self.on.upgrade_charm):
            framework.observe(event, self._install)
        framework.observe(self.on.remove, self._remove)
        framework.observe(self.on.collect_unit_status, self._collect_status)
        self.actions = Actions(self)

    def make_services(self) -> services.Services:
        return services.process_one(self.run, self.root)

    @property
    def in_container(self) -> bool:
        """Whether this is a machine container, whose process 1 is Pebble."""
        return (self.root / services.PEBBLE_SOCKET).exists()

    def _install(self, event: ops.EventBase) -> None:
        packages.install_missing(self.run)
        self._reconcile(event)

    def _reconcile(self, _: ops.EventBase) -> None:
        self.certificate.request = pki.signing_request(self.run, self.root, self.host_name)
        for requirer in self.requirers:
            requirer.ask()
        host, network = self._host(), self._network()
        self._start_base(host, network)
        chassis_files = self._chassis_files()
        if chassis_files and network.southbound:
            self.services.apply([openvswitch.ovn_controller(chassis_files)])
        cloud = self._cloud()
        if cloud and chassis_files:
            self._start_compute(host, cloud, chassis_files)
        else:
            self.services.stop(COMPUTE_SERVICES)

    def _start_base(self, host: compute.Host, network: openvswitch.Network) -> None:
        """The switch and libvirt, which need nothing of the cloud."""
        switch = openvswitch.ovs_vswitchd(host.abilities)
        openvswitch.prepare_database(self.run, self.root)
        self.services.apply([openvswitch.OVSDB_SERVER])
        openvswitch.configure_table(self.run, self.root, network, host.abilities)
        self.services.apply([switch])
        openvswitch.configure_bridges(self.run, self.root, network, host.abilities)
        if host.abilities.kernel_datapath:
            self.services.stop([openvswitch.TAPS])
        else:
            self._write(openvswitch.TAPS_PROGRAM)
            self.services.apply([openvswitch.taps()])
        self._make_folders()
        files = compute.libvirt_files(self.in_container)
        self._write(*files)
        self.services.apply(compute.libvirt_services(files))

    def _chassis_files(self) -> tuple[File, ...]:
        """This chassis's certificate, written; empty until it is issued."""
        issued = self.certificate.read()
        if issued is None:
            return ()
        certificate, authority = issued
        files = (
            File(openvswitch.CERTIFICATE, certificate, mode=0o644),
            File(openvswitch.AUTHORITY, authority, mode=0o644),
        )
        self._write(*files)
        return files

    def _start_compute(
        self, host: compute.Host, cloud: compute.Cloud, chassis_files: tuple[File, ...]
    ) -> None:
        nova = compute.nova_file(host, cloud), compute.NOVA_COMPUTE
        agent = compute.metadata_files(host, cloud)
        self._write(*nova, *agent)
        self.services.apply([compute.nova_compute(*nova), compute.metadata_agent(*agent, *chassis_files)])

    def _host(self) -> compute.Host:
        return compute.Host(
            name=self.host_name,
            address=self._address(),
            abilities=self._abilities(),
            cpu_mode=str(self.config["cpu-mode"]),
            resume_guests=bool(self.config["resume-on-boot"]),
            reserved_memory_mb=int(self.config["reserved-host-memory-mb"]),
            debug=bool(self.config["debug"]),
        )

    def _network(self) -> openvswitch.Network:
        databases = self.ovsdb.read()
        return openvswitch.Network(
            chassis=self.host_name,
            address=self._address(),
            physnet=str(self.config["physnet-name"]),
            external_bridge=str(self.config["external-bridge"]),
            external_interface=str(self.config["external-interface"]),
            southbound=databases.southbound if databases else "",
        )

    def _cloud(self) -> compute.Cloud | None:
        """Everything nova-compute needs of the cloud; None while a part is missing."""
        broker, identity = self.amqp.read(), self.identity.read()
        service, databases = self.nova.read(), self.ovsdb.read()
        ca_bundle = self._trust_authorities()
        if not (broker and identity and service and databases):
            return None
        interface = str(self.config["endpoint-interface"])
        return compute.Cloud(broker, identity, service, databases, interface, ca_bundle)

    def _abilities(self) -> abilities.Abilities:
        """What was tried since this machine booted.

        While libvirt sees a KVM that does not work it probes QEMU anew for each guest, which takes seconds; a
        machine container loses such a device.
        """
        boot_id = abilities.boot_id(self.root)
        if self._tried.boot_id != boot_id:
            found = abilities.probe(self.run, self.root)
            self._tried.kvm, self._tried.kernel_datapath = found.kvm, found.kernel_datapath
            self._tried.boot_id = boot_id
        if self.in_container and not self._tried.kvm:
            (self.root / "dev/kvm").unlink(missing_ok=True)
        return abilities.Abilities(bool(self._tried.kvm), bool(self._tried.kernel_datapath))

    def _address(self) -> str:
        binding = self.model.get_binding("ovsdb-cms")
        if binding is None or binding.network.bind_address is None:
            raise RuntimeError("Juju gave this machine no address for endpoint ovsdb-cms")
        return str(binding.network.bind_address)

    def _trust_authorities(self) -> str:
        """Trust the authorities we were given; the bundle's path, or nothing when there are none."""
        found = self.authorities.read()
        if not found:
            return ""
        if write(self.run, self.root, File(AUTHORITIES, "\n".join(found) + "\n", mode=0o644)):
            self.run(["update-ca-certificates"])
        return CA_BUNDLE

    def _make_folders(self) -> None:
        for folder, owner in compute.FOLDERS:
            path = self.root / folder
            path.mkdir(parents=True, exist_ok=True)
            self.run(["chown", f"{owner}:{owner}", str(path)])

    def _write(self, *wanted: File) -> None:
        for file in wanted:
            write(self.run, self.root, file)

    def _remove(self, _: ops.RemoveEvent) -> None:
        self.services.stop((openvswitch.TAPS, *reversed(ALL_SERVICES)))

    def _collect_status(self, event: ops.CollectStatusEvent) -> None:
        self.certificate.request = pki.signing_request(self.run, self.root, self.host_name)
        obstacles = [requirer.obstacle() for requirer in self.requirers]
        for obstacle in filter(None, obstacles):
            event.add_status(obstacle)
        if not any(obstacles) and (down := self.services.down(ALL_SERVICES)):
            event.add_status(ops.WaitingStatus(f"Not running: {', '.join(down)}."))
        kind = "KVM" if self._tried.kvm else "emulation, no usable KVM"
        event.add_status(ops.ActiveStatus(f"Guests run under {kind}."))


if __name__ == "__main__":
    ops.main(HypervisorCharm)
