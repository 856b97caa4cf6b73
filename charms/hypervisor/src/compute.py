"""libvirt, nova-compute and OVN's metadata agent: their files and services, from what the cloud told us."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from abilities import Abilities
from files import File, Sections, digest, ini
from openvswitch import AUTHORITY, CERTIFICATE, KEY
from services import Service
from sunbeam_charm.relations.identity_service import Identity
from sunbeam_charm.relations.nova import ComputeService
from sunbeam_charm.relations.ovsdb_cms import Databases
from sunbeam_charm.relations.rabbitmq import BrokerAccount

LOCAL_OVSDB = "tcp:127.0.0.1:6640"
NOVA_COMPUTE = File(
    "/usr/local/lib/sunbeam/nova_compute.py",
    Path(__file__).with_name("nova_compute.py").read_text(),
    mode=0o644,
)
FOLDERS = (
    ("var/lib/nova", "nova"),
    ("var/lib/nova/instances", "nova"),
    ("var/lib/nova/tmp", "nova"),
    ("var/lib/neutron", "neutron"),
    ("var/lib/neutron/tmp", "neutron"),
    ("run/libvirt", "root"),
    ("run/lock", "root"),
)


@dataclass(frozen=True)
class Cloud:
    """What the rest of the cloud told this machine; complete, or nova-compute does not run.

    ``interface`` is the kind of endpoint to take from the catalogue; ``ca_bundle`` is a path, empty when the
    system's authorities are enough.
    """

    broker: BrokerAccount
    identity: Identity
    service: ComputeService
    databases: Databases
    interface: str
    ca_bundle: str

    @property
    def auth_url(self) -> str:
        public = self.interface == "public"
        return self.identity.public_auth_url if public else self.identity.auth_url


@dataclass(frozen=True)
class Host:
    """This machine and the operator's settings for it."""

    name: str
    address: str
    abilities: Abilities
    cpu_mode: str
    resume_guests: bool
    reserved_memory_mb: int
    debug: bool


def libvirt_files(in_container: bool) -> tuple[File, ...]:
    """libvirt's own settings, which only a machine container needs.

    QEMU gets no second sandbox there, since none would work, and the socket belongs to nova, since Pebble
    gives a service no supplementary groups.
    """
    if not in_container:
        return ()
    qemu = (
        'security_driver = "none"\ncgroup_controllers = []\nnamespaces = []\nremember_owner = 0\n'
        'stdio_handler = "logd"\nmax_files = 16384\n'
    )
    daemon = (
        'unix_sock_group = "nova"\nunix_sock_rw_perms = "0770"\nauth_unix_rw = "none"\n'
        'log_outputs = "3:stderr"\n'
    )
    return (File("/etc/libvirt/qemu.conf", qemu), File("/etc/libvirt/libvirtd.conf", daemon))


def libvirt_services(files: tuple[File, ...]) -> list[Service]:
    return [
        Service("virtlogd", ("virtlogd",), stock=True),
        Service("libvirtd", ("libvirtd",), after=("virtlogd",), stock=True, digest=digest(*files)),
    ]


def nova_file(host: Host, cloud: Cloud) -> File:
    sections: Sections = {
        "DEFAULT": {
            "host": host.name,
            "my_ip": host.address,
            "debug": host.debug,
            "use_stderr": True,
            "transport_url": cloud.broker.transport_url,
            "state_path": "/var/lib/nova",
            "instances_path": "/var/lib/nova/instances",
            "compute_driver": "libvirt.LibvirtDriver",
            "use_cow_images": True,
            "force_raw_images": False,
            "reserved_host_memory_mb": host.reserved_memory_mb,
            "resume_guests_state_on_host_boot": host.resume_guests,
        },
        "libvirt": {
            "virt_type": "kvm" if host.abilities.kvm else "qemu",
            "cpu_mode": host.cpu_mode if host.abilities.kvm else "none",
            "images_type": "qcow2",
        },
        "vnc": {
            "enabled": True,
            "server_listen": "0.0.0.0",
            "server_proxyclient_address": host.address,
            "novncproxy_base_url": cloud.service.console_url or None,
        },
        "spice": {"enabled": False},
        "os_vif_ovs": {"ovsdb_connection": LOCAL_OVSDB},
        "glance": {**_endpoint(cloud), "service_type": "image", "cafile": cloud.ca_bundle or None},
        "placement": _credentials(cloud) | _endpoint(cloud),
        "neutron": _credentials(cloud) | _endpoint(cloud),
        "service_user": {"send_service_user_token": True, **_credentials(cloud)},
        "oslo_concurrency": {"lock_path": "/var/lib/nova/tmp"},
        "oslo_messaging_rabbit": {"rabbit_quorum_queue": False},
        "oslo_messaging_notifications": {"driver": "noop"},
    }
    return File("/etc/nova/nova.conf", ini(sections), group="nova")


def metadata_files(host: Host, cloud: Cloud) -> tuple[File, File]:
    """neutron.conf and the agent's own file."""
    metadata = urlsplit(cloud.service.metadata_url)
    neutron: Sections = {
        "DEFAULT": {
            "host": host.name,
            "debug": host.debug,
            "use_stderr": True,
            "transport_url": cloud.broker.transport_url,
            "state_path": "/var/lib/neutron",
        },
        "oslo_concurrency": {"lock_path": "/var/lib/neutron/tmp"},
        "agent": {"root_helper": "sudo neutron-rootwrap /etc/neutron/rootwrap.conf"},
    }
    agent: Sections = {
        "DEFAULT": {
            "nova_metadata_protocol": metadata.scheme,
            "nova_metadata_host": metadata.hostname,
            "nova_metadata_port": metadata.port or {"http": 80, "https": 443}[metadata.scheme],
            "auth_ca_cert": cloud.ca_bundle or None,
            "metadata_proxy_shared_secret": cloud.service.metadata_secret,
            "metadata_workers": 0,
        },
        "ovs": {"ovsdb_connection": LOCAL_OVSDB},
        "ovn": {
            "ovn_sb_connection": cloud.databases.southbound,
            "ovn_sb_private_key": KEY,
            "ovn_sb_certificate": CERTIFICATE,
            "ovn_sb_ca_cert": AUTHORITY,
            "ovn_metadata_enabled": True,
        },
    }
    return (
        File("/etc/neutron/neutron.conf", ini(neutron), group="neutron"),
        File("/etc/neutron/neutron_ovn_metadata_agent.ini", ini(agent), group="neutron"),
    )


def nova_compute(*files: File) -> Service:
    return Service(
        "nova-compute",
        ("python3", NOVA_COMPUTE.path, "--config-file", "/etc/nova/nova.conf"),
        user="nova",
        after=("libvirtd", "ovn-controller"),
        digest=digest(*files),
    )


def metadata_agent(*files: File) -> Service:
    command = ["neutron-ovn-metadata-agent"]
    for file in ("neutron.conf", "neutron_ovn_metadata_agent.ini"):
        command += ["--config-file", f"/etc/neutron/{file}"]
    return Service(
        "neutron-ovn-metadata-agent", tuple(command), after=("ovn-controller",), digest=digest(*files)
    )


def _credentials(cloud: Cloud) -> dict[str, object]:
    identity = cloud.identity
    return {
        "auth_type": "password",
        "auth_url": cloud.auth_url,
        "username": identity.username,
        "password": identity.password,
        "project_name": identity.project_name,
        "user_domain_name": identity.user_domain_name,
        "project_domain_name": identity.project_domain_name,
        "cafile": cloud.ca_bundle or None,
    }


def _endpoint(cloud: Cloud) -> dict[str, object]:
    return {"region_name": cloud.identity.region, "valid_interfaces": cloud.interface}
