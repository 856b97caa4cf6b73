"""The cluster's certificates under RFC 5280's rules, which Python enforces by default since 3.13."""

from __future__ import annotations

import ssl
from pathlib import Path

from sunbeam.cluster.certificates import ClusterCertificates, KeyPair


def test_strict_verification_accepts_both_sides(tmp_path: Path) -> None:
    certificates = ClusterCertificates(tmp_path)
    server = _context(ssl.PROTOCOL_TLS_SERVER, certificates.authority, certificates.ensure("etcd"))
    client = _context(ssl.PROTOCOL_TLS_CLIENT, certificates.authority, certificates.ensure("sunbeamd"))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    here = client.wrap_bio(to_client, to_server, server_hostname="127.0.0.1")
    there = server.wrap_bio(to_server, to_client, server_side=True)
    for side in (here, there, here, there):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    subject = there.getpeercert()
    assert subject is not None
    assert subject["subject"] == ((("commonName", "sunbeamd"),),)


def _context(protocol: int, authority: KeyPair, own: KeyPair) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.certificate)
    context.load_cert_chain(own.certificate, own.key)
    return context
