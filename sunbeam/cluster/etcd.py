"""How etcd runs on a node: its command line, its certificates, where it listens (loopback, mutual TLS)."""

from __future__ import annotations

import json
import re
from pathlib import Path

from sunbeam.cluster.certificates import ClusterCertificates
from sunbeam.cluster.settings import NodeSettings
from sunbeam.cluster.store import EtcdStore
from sunbeam.core.paths import Paths

HOST = "127.0.0.1"
CERTIFICATE = "etcd"


def etcd_argv(paths: Paths, settings: NodeSettings) -> list[str | Path]:
    """The command line of this node's member, named as the node; one member on a single node.

    It names certificates, which ``etcd_certificate`` makes.
    """
    certificates = ClusterCertificates(paths.certificates)
    server, authority = certificates.pair(CERTIFICATE), certificates.authority.certificate
    client, peer = f"https://{HOST}:{settings.etcd_port}", f"https://{HOST}:{settings.etcd_peer_port}"
    return [
        paths.bin / "etcd",
        "--name", settings.name,
        "--data-dir", paths.state / "etcd",
        "--listen-client-urls", client,
        "--advertise-client-urls", client,
        "--listen-peer-urls", peer,
        "--initial-advertise-peer-urls", peer,
        "--initial-cluster", f"{settings.name}={peer}",
        "--client-cert-auth",
        "--trusted-ca-file", authority,
        "--cert-file", server.certificate,
        "--key-file", server.key,
        "--peer-client-cert-auth",
        "--peer-trusted-ca-file", authority,
        "--peer-cert-file", server.certificate,
        "--peer-key-file", server.key,
        "--auto-compaction-retention", "1h",
        "--quota-backend-bytes", str(512 << 20),
    ]  # fmt: skip


def etcd_certificate(paths: Paths) -> None:
    """Have the member's certificate, a new one if it ends soon."""
    ClusterCertificates(paths.certificates).ensure(CERTIFICATE, ["localhost", HOST])


def etcd_store(paths: Paths, settings: NodeSettings) -> EtcdStore:
    """A client of this node's member, with the daemon's certificate."""
    certificates = ClusterCertificates(paths.certificates)
    client = certificates.ensure("sunbeamd", ["localhost", HOST])
    return EtcdStore(HOST, settings.etcd_port, certificates.authority.certificate, client)


def reason(words: str) -> str:
    """Why etcd ended: the message of the last fatal line in its log, of the formats of 3.4 and 3.5."""
    for line in reversed(words.splitlines()):
        if found := re.search(r"^panic: (.+)|^\S+ \S+ C \| (.+)", line):
            return found[1] or found[2]
        if line.startswith("{") and (told := _fatal(line)):
            return told
    return "\n".join(words.splitlines()[-3:])


def _fatal(line: str) -> str:
    try:
        entry = json.loads(line)
    except ValueError:
        return ""
    if entry.get("level") not in ("error", "panic", "fatal", "dpanic"):
        return ""
    return ": ".join(str(entry[key]) for key in ("msg", "error") if entry.get(key))
