"""Reading a manifest of the snap named openstack: what has a place here is carried over, the rest is told."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sunbeam.core.manifest import software
from sunbeam.core.manifest.document import read_document
from sunbeam.core.manifest.findings import Findings
from sunbeam.core.manifest.layer import layer_findings
from sunbeam.core.manifest.model import SCHEMA, Manifest
from sunbeam.core.manifest.references import allowed_at, holds_reference
from sunbeam.core.manifest.rules import broken_rules
from sunbeam.core.manifest.shape import shape_findings
from sunbeam.core.manifest.tree import ANSWER, Step, Tree, dotted

CONFIG = "core.config."
PLACES = {
    CONFIG + "region": "region",
    CONFIG + "proxy.http_proxy": "proxy.http",
    CONFIG + "proxy.https_proxy": "proxy.https",
    CONFIG + "proxy.no_proxy": "proxy.no_proxy",
    CONFIG + "endpoints.ingress-public.ip": "network.address",
    CONFIG + "user.username": "demo.user",
    CONFIG + "user.cidr": "demo.network.range",
}
"""Values that move as they are."""

SAME = {
    CONFIG + "database": ("single",),
    CONFIG + "proxy.proxy_required": (True, False),
    CONFIG + "user.run_demo_setup": (True,),
    CONFIG + "user.security_group_rules": (True,),
}
"""What is so here anyway, or is told with what depends on it."""
PROXY = ("core", "config", "proxy")

APPLICATIONS = {
    "keystone-k8s": "keystone",
    "glance-k8s": "glance",
    "placement-k8s": "placement",
    "nova-k8s": "nova",
    "neutron-k8s": "neutron",
    "horizon-k8s": "horizon",
    "ovn-central-k8s": "ovn-central",
    "mysql-k8s": "mariadb",
    "rabbitmq-k8s": "rabbitmq",
    "traefik-k8s": "ingress",
    "self-signed-certificates": "certificates",
    "openstack-hypervisor": "hypervisor",
}
"""Charms of that snap and ours for the same."""

REASONS = {
    CONFIG + "bootstrap": "the address of this machine is detected; write network.address for another one",
    CONFIG + "database": "one MariaDB serves all services",
    CONFIG + "k8s-addons": "there is no Kubernetes; users reach everything at network.address",
    CONFIG + "addons": "there is no Kubernetes; users reach everything at network.address",
    CONFIG + "endpoints": "all endpoints are at network.address",
    CONFIG + "proxy": "no proxy is used where proxy_required is not true; set proxy.http or proxy.https",
    CONFIG + "user.password": "a password belongs outside the manifest: write demo.password: ${file:PATH}",
    CONFIG + "user.run_demo_setup": "nothing is set up unless you type sunbeam configure",
    CONFIG + "user.security_group_rules": "sunbeam configure always lets ping, SSH and HTTP in",
    CONFIG + "user.remote_access_location": "VMs are reached from outside with network.external.interface",
    CONFIG + "user.physnet": "the physical network is physnet1",
    CONFIG + "external-networks": "there is one external network, flat and on one interface",
    CONFIG + "microceph_config": "there is no Ceph",
    CONFIG + "pci": "PCI devices are not passed through",
    CONFIG + "dpdk": "there is no DPDK",
    CONFIG + "identity": "there are no identity providers besides Keystone",
    CONFIG + "horizon": "the dashboard has no custom themes",
    "core.software.juju": "there is no Juju controller to bootstrap",
    "core.software.terraform": "the Terraform modules are those that are shipped",
    "features": "this version has no features",
    "storage": "there are no storage backends besides the disk of this machine",
}
"""Why the rest cannot be carried over, by the beginning of its key; the longest one counts."""
EXTERNAL = ("external-networks", "external-network", "external_network")
SHIPPED = "charms are those that are shipped"
NO_CHARM = "the cloud has no such charm"


@dataclass(frozen=True)
class Left:
    """Something that was not carried over."""

    line: int
    key: str
    why: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.key}: {self.why}"


@dataclass
class _Import:
    """``left`` is why a value stays behind, by its path; every other value has been taken.

    ``network`` is where the external network is that is carried over.
    """

    tree: Tree
    network: tuple[Step, ...]
    result: dict[str, Any] = field(default_factory=lambda: {"schema": SCHEMA})
    came_from: dict[str, tuple[Step, ...]] = field(default_factory=dict)
    left: dict[tuple[Step, ...], str] = field(default_factory=dict)

    def put(self, target: tuple[str, ...], value: Any, source: tuple[Step, ...]) -> None:
        part = self.result
        for step in target[:-1]:
            part = part.setdefault(step, {})
        part[target[-1]] = value
        self.came_from[dotted(target)] = source


def import_manifest(file: Path) -> tuple[dict[str, Any], list[Left]]:
    """Our manifest, and everything that it lacks.  Raises ManifestErrors if the file is no YAML mapping."""
    findings = Findings()
    tree = read_document(file, findings)
    findings.raise_if_any(shlex.join(["sensible-editor", str(file)]))
    work = _Import(tree, _external_network(tree))
    for path, leaf in tree.leaves():
        if path:
            _move(work, path, leaf)
    _drop_what_cannot_be(work)
    return work.result, sorted(_told(work), key=lambda left: left.line)


def _move(work: _Import, path: tuple[Step, ...], leaf: Tree) -> None:
    key, value = dotted(path), leaf.plain()
    if value in ({}, [], None) or value in SAME.get(key, ()):
        return
    if _is_of_unused_proxy(work.tree, path):
        work.left[path] = _reason(key)
    elif key in PLACES:
        work.put(tuple(PLACES[key].split(".")), value, path)
    elif key.startswith(CONFIG + "user.nameservers"):
        servers = work.result.get("demo", {}).get("network", {}).get("dns", [])
        work.put(("demo", "network", "dns"), [*servers, *_words(value)], path)
    elif key == CONFIG + "user.password" and holds_reference(value):
        work.put(("demo", "password"), value, path)
    elif _is_external(path):
        _move_external(work, path, value)
    elif key.startswith("core.software.charms.") and len(path) > 4:
        _move_charm(work, path, value)
    else:
        work.left[path] = _reason(key)


def _is_of_unused_proxy(tree: Tree, path: tuple[Step, ...]) -> bool:
    """That snap uses a proxy that is written down only where ``proxy_required`` does not say otherwise."""
    switch = (*PROXY, "proxy_required")
    found, leaf = tree.deepest(switch)
    return path[:3] == PROXY and found == switch and leaf.plain() not in (True, None)


def _external_network(tree: Tree) -> tuple[Step, ...]:
    """Where the one external network is that is carried over: the first with a range, else the first."""
    networks = list(dict.fromkeys(_network(path) for path, _ in tree.leaves() if _is_external(path)))
    with_range = [path for path in networks if tree.deepest((*path, "cidr"))[0] != path]
    return next(iter(with_range or networks), ())


def _is_external(path: tuple[Step, ...]) -> bool:
    return path[:2] == ("core", "config") and len(path) > 2 and path[2] in EXTERNAL


def _network(path: tuple[Step, ...]) -> tuple[Step, ...]:
    """The network of which ``path`` tells: the named one, or with a deprecated key the only one."""
    return path[:4] if path[2] == EXTERNAL[0] else path[:3]


def _move_external(work: _Import, path: tuple[Step, ...], value: Any) -> None:
    """Of one external network what a flat network on one interface can be."""
    network = _network(path)
    external = ("network", "external")
    name = dotted(path[len(network) :])
    nics = {"nics", "nic"}
    if network != work.network:
        work.left[path] = REASONS[CONFIG + "external-networks"]
    elif name == "cidr":
        work.put((*external, "range"), value, path)
    elif name == "gateway":
        work.put((*external, "gateway"), value, path)
    elif name == "range" and isinstance(value, str) and value.count("-") == 1:
        low, high = (part.strip() for part in value.split("-"))
        work.put((*external, "first"), low, path)
        work.put((*external, "last"), high, path)
    elif name.partition(".")[0] in nics and "network.external.interface" not in work.came_from:
        work.put((*external, "interface"), value, path)
    elif not (name == "network_type" and value == "flat"):
        work.left[path] = REASONS[CONFIG + "external-networks"]


def _move_charm(work: _Import, path: tuple[Step, ...], value: Any) -> None:
    """Options and storage that our charm of the same has, with the same meaning of the name."""
    theirs, part, *rest = (str(step) for step in path[3:])
    ours = APPLICATIONS.get(theirs)
    if ours is None:
        work.left[path] = NO_CHARM
    elif part in ("config", "storage") and len(rest) == 1:
        facts = software.charms()[ours]
        known = facts.options if part == "config" else facts.storage
        if rest[0] in known:
            work.put(("software", "charms", ours, part, rest[0]), value, path)
        else:
            work.left[path] = (
                f"the charm {ours} has no {'option' if part == 'config' else 'storage'} {rest[0]}"
            )
    else:
        work.left[path] = SHIPPED


def _drop_what_cannot_be(work: _Import) -> None:
    """Values that our own checks refuse stay behind with what is wrong."""
    tree = Tree.of(work.result, ANSWER)
    while wrong := _wrong(tree):
        for path, why in wrong.items():
            found, _ = tree.deepest(path)
            key = dotted(found).partition("[")[0]  # of a list nothing is taken
            for target, source in work.came_from.items():
                if target == key or target.startswith(f"{key}."):
                    work.left[source] = why
            tree = tree.without(found)
    work.result = tree.plain()


def _wrong(tree: Tree) -> dict[tuple[Step, ...], str]:
    try:
        manifest = Manifest.model_validate(tree.plain())
    except ValidationError as error:
        return {found.path: found.text for found in shape_findings(tree, error, whole=True)}
    broken = [each for each in broken_rules(manifest) if tree.deepest(each.path)[0] == each.path]
    said = [each for each in layer_findings(tree) if not allowed_at(each.path)]
    return {**{each.path: each.text for each in broken}, **{each.path: each.text for each in said}}


def _told(work: _Import) -> Iterator[Left]:
    for path, why in work.left.items():
        _, leaf = work.tree.deepest(path)
        yield Left((leaf.key or leaf.origin).line, dotted(path), why)


def _reason(key: str) -> str:
    fitting = [begin for begin in REASONS if key == begin or key.startswith(f"{begin}.")]
    return REASONS[max(fitting, key=len)] if fitting else "this is no key of that snap's manifests"


def _words(value: Any) -> list[str]:
    return str(value).replace(",", " ").split()
