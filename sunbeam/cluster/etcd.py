"""How etcd runs on a node: its command line, its certificates, where it listens (loopback, mutual TLS)."""

from __future__ import annotations

from pathlib import Path

from sunbeam.cluster.certificates import ClusterCertificates
from sunbeam.cluster.store import EtcdStore
from sunbeam.core.paths import Paths

# Not 2379: a Kubernetes on the same machine may have that one.
HOST = "127.0.0.1"
CLIENT_PORT = 12379
PEER_PORT = 12380


def etcd_argv(paths: Paths, name: str) -> list[str | Path]:
    """The command line of the member ``name``; one member on a single node."""
    certificates = ClusterCertificates(paths.certificates)
    server = certificates.ensure("etcd", ["localhost", HOST])
    authority = certificates.authority.certificate
    client, peer = f"https://{HOST}:{CLIENT_PORT}", f"https://{HOST}:{PEER_PORT}"
    return [
        paths.bin / "etcd",
        "--name", name,
        "--data-dir", paths.state / "etcd",
        "--listen-client-urls", client,
        "--advertise-client-urls", client,
        "--listen-peer-urls", peer,
        "--initial-advertise-peer-urls", peer,
        "--initial-cluster", f"{name}={peer}",
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


def etcd_store(paths: Paths) -> EtcdStore:
    """A client of this node's member, with the daemon's certificate."""
    certificates = ClusterCertificates(paths.certificates)
    client = certificates.ensure("sunbeamd", ["localhost", HOST])
    return EtcdStore(HOST, CLIENT_PORT, certificates.authority.certificate, client)
