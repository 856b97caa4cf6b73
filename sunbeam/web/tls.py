"""The view's certificate: self-signed before there is a cloud, later from the cluster's own authority.

A browser that was told to trust the self-signed one during the bootstrap keeps it: it is served until
``sunbeam web`` is typed again on the node.
"""

from __future__ import annotations

import platform
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from sunbeam.cluster.certificates import ClusterCertificates, KeyPair, make_self_signed
from sunbeam.core.paths import Paths
from sunbeam.web.settings import web_folder

VALIDITY = timedelta(days=397)
"""The longest that browsers take."""


def certificate(paths: Paths, host: str) -> KeyPair:
    """What the view at ``host`` shows itself with; made if it is missing."""
    own = _self_signed(paths)
    if _is_valid(own):
        return own
    cluster = ClusterCertificates(paths.certificates)
    if cluster.authority.exists:
        return cluster.ensure("web", _names(host))
    make_self_signed(own, "Sunbeam web view", _names(host), VALIDITY)
    return own


def forget_self_signed(paths: Paths) -> None:
    """From now on the certificate is the cluster's, if this machine has an authority."""
    own = _self_signed(paths)
    if ClusterCertificates(paths.certificates).authority.exists:
        own.certificate.unlink(missing_ok=True)
        own.key.unlink(missing_ok=True)


def context(pair: KeyPair) -> ssl.SSLContext:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    tls.load_cert_chain(pair.certificate, pair.key)
    return tls


def fingerprint(pair: KeyPair) -> str:
    """SHA-256 as browsers show it: ``AB:CD:...``."""
    loaded = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    return loaded.fingerprint(hashes.SHA256()).hex(":").upper()


def _self_signed(paths: Paths) -> KeyPair:
    folder = web_folder(paths)
    return KeyPair(folder / "certificate.pem", folder / "key.pem")


def _is_valid(pair: KeyPair) -> bool:
    if not pair.exists:
        return False
    loaded = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    return loaded.not_valid_after_utc > datetime.now(UTC)


def _names(host: str) -> list[str]:
    """What people may type to get here; a host name that is no DNS name is left out."""
    wildcard = ip_address(host).is_unspecified
    names = ["localhost", "127.0.0.1", *([] if wildcard else [host])]
    own = platform.node()
    return list(dict.fromkeys([*names, *([own] if own.isascii() and own else [])]))
