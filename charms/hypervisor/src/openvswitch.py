"""Open vSwitch and OVN's controller: their services, and their settings in the local database."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from abilities import Abilities
from files import File, digest
from process import ProcessError, Run, succeeds
from services import Service

DATABASE = "/var/lib/openvswitch/conf.db"
SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
SOCKET = "unix:/run/openvswitch/db.sock"
MANAGER = "ptcp:6640:127.0.0.1"
KEY, CERTIFICATE, AUTHORITY = (
    f"/var/lib/openvswitch/pki/{name}.pem" for name in ("key", "certificate", "authority")
)
INTEGRATION_BRIDGE = "br-int"
OFFLOADS = ("tx", "rx", "gro", "gso", "tso")
QUIET = ("-vconsole:info", "-vfile:off", "-vsyslog:off")

TAPS = "keep-taps-up"
TAPS_PROGRAM = File(
    "/usr/local/lib/sunbeam/keep_taps_up.py",
    Path(__file__).with_name("keep_taps_up.py").read_text(),
    mode=0o644,
)

OVSDB_SERVER = Service(
    "ovsdb-server",
    (
        "ovsdb-server",
        DATABASE,
        "--remote=punix:/run/openvswitch/db.sock",
        "--remote=db:Open_vSwitch,Open_vSwitch,manager_options",
        "--pidfile=/run/openvswitch/ovsdb-server.pid",
        "--unixctl=/run/openvswitch/ovsdb-server.ctl",
        *QUIET,
    ),
    stock=True,
)


@dataclass(frozen=True)
class Network:
    """How this chassis is connected.  ``address`` is where tunnels end; ``southbound`` may be empty."""

    chassis: str
    address: str
    physnet: str
    external_bridge: str
    external_interface: str
    southbound: str = ""


def ovs_vswitchd(abilities: Abilities) -> Service:
    """The switch; started anew when the kind of datapath changes."""
    return Service(
        "ovs-vswitchd",
        ("ovs-vswitchd", SOCKET, "--pidfile=/run/openvswitch/ovs-vswitchd.pid", *QUIET),
        after=("ovsdb-server",),
        stock=True,
        digest=abilities.datapath_type,
    )


def taps() -> Service:
    """What the userspace datapath needs beside it."""
    return Service(TAPS, ("python3", TAPS_PROGRAM.path), after=("ovs-vswitchd",), digest=digest(TAPS_PROGRAM))


def ovn_controller(tls: tuple[File, ...]) -> Service:
    """OVN's controller, authenticating with the key, certificate and authority in ``tls``."""
    return Service(
        "ovn-controller",
        (
            "ovn-controller",
            SOCKET,
            f"--private-key={KEY}",
            f"--certificate={CERTIFICATE}",
            f"--ca-cert={AUTHORITY}",
            "--pidfile=/run/ovn/ovn-controller.pid",
            *QUIET,
        ),
        after=("ovs-vswitchd",),
        digest=digest(*tls),
    )


def prepare_database(run: Run, root: Path) -> None:
    """Create the local database, or bring it to the installed schema; only while nothing serves it."""
    for folder in (
        "run/openvswitch",
        "run/ovn",
        "var/lib/openvswitch",
        "var/lib/openvswitch/pki",
        "run/netns",
    ):
        (root / folder).mkdir(parents=True, exist_ok=True)
    if succeeds(run, "ovs-vsctl", "--no-wait", "--timeout=2", "show"):
        return
    if not (root / DATABASE.lstrip("/")).exists():
        run(["ovsdb-tool", "create", DATABASE, SCHEMA])
    elif run(["ovsdb-tool", "needs-conversion", DATABASE, SCHEMA]).strip() == "yes":
        run(["ovsdb-tool", "convert", DATABASE, SCHEMA])


def is_gateway(root: Path, network: Network) -> bool:
    """Whether this machine has the interface that leads to the physical network."""
    interface = network.external_interface
    return bool(interface) and (root / "sys/class/net" / interface).exists()


def configure_table(run: Run, root: Path, network: Network, abilities: Abilities) -> None:
    """Write this chassis's settings, before ovs-vswitchd starts: it reads some of them only then."""
    external_ids = {
        "system-id": network.chassis,
        "hostname": network.chassis,
        "rundir": "/run/openvswitch",
        "ovn-encap-type": "geneve",
        "ovn-encap-ip": network.address,
        "ovn-bridge": INTEGRATION_BRIDGE,
        "ovn-bridge-datapath-type": abilities.datapath_type,
        "ovn-bridge-mappings": f"{network.physnet}:{network.external_bridge}",
        "ovn-monitor-all": "true",
        "ovn-openflow-probe-interval": "60",
        "ovn-remote-probe-interval": "60000",
    }
    if network.southbound:
        external_ids["ovn-remote"] = network.southbound
    gateway = is_gateway(root, network)
    if gateway:
        external_ids["ovn-cms-options"] = "enable-chassis-as-gw"
    settings = [f'external-ids:{key}="{value}"' for key, value in external_ids.items()]
    if not abilities.kernel_datapath:
        settings.append("other_config:userspace-tso-enable=true")
    database = ["ovs-vsctl", "--no-wait", "--timeout=300"]
    run([*database, "--", "init", "--", "set", "Open_vSwitch", ".", *settings])
    if not gateway:
        run([*database, "remove", "Open_vSwitch", ".", "external-ids", "ovn-cms-options"])
    if run([*database, "get-manager"]).split() != [MANAGER]:
        run([*database, "set-manager", MANAGER])


def configure_bridges(run: Run, root: Path, network: Network, abilities: Abilities) -> None:
    """Create the bridges; waits for ovs-vswitchd, up to 20 s each."""
    for bridge in (INTEGRATION_BRIDGE, network.external_bridge):
        run(_add_bridge(bridge, abilities))
        run(["ip", "link", "set", bridge, "up"])
    if is_gateway(root, network):
        _attach(run, network)


def _add_bridge(bridge: str, abilities: Abilities) -> list[str]:
    command = ["ovs-vsctl", "--timeout=300", "--may-exist", "add-br", bridge, "--"]
    command += ["set", "Bridge", bridge, f"datapath_type={abilities.datapath_type}"]
    if bridge == INTEGRATION_BRIDGE:
        command += ["fail-mode=secure", "other-config:disable-in-band=true"]
    return command


def _attach(run: Run, network: Network) -> None:
    """Give the external interface to its bridge: no address, and no offloads that a bridge cannot undo."""
    interface = network.external_interface
    run(["ip", "address", "flush", "dev", interface])
    run(["ip", "link", "set", interface, "up", "promisc", "on"])
    with contextlib.suppress(ProcessError):
        run(["ethtool", "-K", interface, *(word for offload in OFFLOADS for word in (offload, "off"))])
    run(["ovs-vsctl", "--timeout=300", "--may-exist", "add-port", network.external_bridge, interface])
