"""What is left of another cloud, ours or somebody else's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sunbeam.checks.check import CheckContext
from sunbeam.checks.wanted import Wanted
from sunbeam.cluster.running import Running, in_use, running_clouds
from sunbeam.core.errors import Problem
from sunbeam.substrates.embedded.facts import leftovers as own_leftovers

REMOVE_OWN = "own-leftovers"


@dataclass(frozen=True)
class Other:
    """Somebody else's cloud: a folder that tells of it, and what removes it."""

    name: str
    folder: str
    remove: str


OTHERS = (
    Other("the snap openstack", "/var/snap/openstack", "snap remove --purge openstack"),
    Other(
        "the snap openstack-hypervisor",
        "/var/snap/openstack-hypervisor",
        "snap remove --purge openstack-hypervisor",
    ),
    Other("MicroStack", "/var/snap/microstack", "snap remove --purge microstack"),
    Other("MicroOVN", "/var/snap/microovn", "snap remove --purge microovn"),
    Other("MicroCeph", "/var/snap/microceph", "snap remove --purge microceph"),
    Other("MicroK8s", "/var/snap/microk8s", "snap remove --purge microk8s"),
    Other("Canonical Kubernetes", "/var/snap/k8s", "snap remove --purge k8s"),
    Other("a Juju machine agent", "/var/lib/juju/agents", "/usr/sbin/remove-juju-services"),
    Other("DevStack", "/opt/stack", "/opt/stack/devstack/clean.sh"),
    Other("Kolla", "/etc/kolla", "kolla-ansible destroy -i INVENTORY --yes-i-really-really-mean-it"),
    Other("OpenStack-Ansible", "/etc/openstack_deploy", "use a freshly installed machine"),
    Other("packages of Nova", "/etc/nova/nova.conf", "apt-get purge nova-common"),
    Other("packages of Open vSwitch", "/etc/openvswitch/conf.db", "apt-get purge openvswitch-switch"),
    Other("k3s", "/var/lib/rancher/k3s", "k3s-uninstall.sh"),
    Other("Kubernetes", "/etc/kubernetes/manifests", "kubeadm reset"),
)


@dataclass(frozen=True)
class Leftovers:
    """``own``: what of ours is there, in words; ``data``: databases or disks of VMs may be among it.

    ``root`` is that of both; ``running``: clouds of ours to which some of it may belong, whatever their root.
    """

    own: tuple[str, ...] = ()
    data: bool = False
    others: tuple[Other, ...] = ()
    root: Path = Path("/")
    running: Running = field(default_factory=dict)


async def leftovers(context: CheckContext) -> Leftovers:
    paths = context.paths
    own = await own_leftovers(context.probe, paths.root)
    data = (paths.engine / "storage").is_dir()
    others = tuple(each for each in OTHERS if (context.root / each.folder.lstrip("/")).exists())
    return Leftovers(own, data, others, paths.root, running_clouds(context.root / "proc") if own else {})


def clean(seen: Leftovers, wanted: Wanted) -> Iterator[Problem]:
    """Nothing is left of a cloud that was here before, ours or another's."""
    if seen.own and seen.running and not wanted.installed:
        yield in_use(seen.running, seen.root, seen.own)
    elif seen.own and not wanted.installed:
        yield Problem(
            "an earlier installation left things behind",
            where=", ".join(seen.own),
            why="no deployment is known on this machine",
            evidence="databases and disks of VMs may be among them" if seen.data else "no data is among them",
            next_command="sunbeam cluster destroy",
            id="own-leftovers",
            fix="" if seen.data else REMOVE_OWN,
        )
    for other in seen.others:
        yield Problem(
            f"{other.name} is or was on this machine",
            where=other.folder,
            why="its services, networks and packet rules may stand in the way",
            evidence=f"{other.folder} is there",
            next_command=other.remove,
            severity="warning",
            id="other-cloud",
        )
