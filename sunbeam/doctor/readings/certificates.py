"""Certificates of the cluster and of the public address: from when, until when, from whom."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization

from sunbeam.doctor.look import Look, NotRead
from sunbeam.doctor.readings.backends import ovn_certificates
from sunbeam.doctor.readings.node import settings

HTTPS = 443


@dataclass(frozen=True)
class Certificate:
    """``place`` is its file or address; ``trusted``: the authority that ought to have signed it did."""

    name: str
    place: str
    begins: datetime
    ends: datetime
    trusted: bool
    issuer: str
    fits_key: bool = True


async def cluster_certificates(look: Look) -> tuple[Certificate, ...]:
    """The authority's, etcd's and sunbeamd's, as far as they exist."""
    folder = look.paths.certificates
    authority_file = folder / "ca.crt"
    if not authority_file.exists():
        return ()
    authority = x509.load_pem_x509_certificate(authority_file.read_bytes())
    found = [_certificate("the cluster's authority", str(authority_file), authority, authority)]
    for name in ("etcd", "sunbeamd"):
        file = folder / f"{name}.crt"
        if file.exists():
            loaded = x509.load_pem_x509_certificate(file.read_bytes())
            found.append(
                _certificate(name, str(file), loaded, authority, _fits(loaded, file.with_suffix(".key")))
            )
    return tuple(found)


async def public_certificate(look: Look) -> Certificate:
    """What the ingress shows, against ca.crt of the credentials."""
    address = (await look(settings)).address
    authority = x509.load_pem_x509_certificate((look.paths.etc / "ca.crt").read_bytes())
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    _, writer = await asyncio.open_connection(address, HTTPS, ssl=context)
    try:
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.close()
    if not shown:
        raise NotRead(f"{address}:{HTTPS} shows no certificate")
    return _certificate(
        "the public address", f"{address}:{HTTPS}", x509.load_der_x509_certificate(shown), authority
    )


async def ovn(look: Look) -> tuple[Certificate, ...]:
    """Those of both ends of OVN's databases, against the authority each end trusts."""
    return tuple(
        _certificate(
            f"OVN in {unit}",
            unit,
            x509.load_pem_x509_certificate(pem.encode()),
            x509.load_pem_x509_certificate(authority.encode()),
        )
        for unit, (pem, authority) in (await look(ovn_certificates)).items()
    )


def _certificate(
    name: str,
    place: str,
    certificate: x509.Certificate,
    authority: x509.Certificate,
    fits_key: bool = True,
) -> Certificate:
    return Certificate(
        name,
        place,
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
        _signed_by(certificate, authority),
        certificate.issuer.rfc4514_string(),
        fits_key,
    )


def _signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _fits(certificate: x509.Certificate, key_file: Path) -> bool:
    """Whether the key in the file is that of the certificate."""
    try:
        key = serialization.load_pem_private_key(key_file.read_bytes(), None)
    except (OSError, ValueError, TypeError):
        return False
    return key.public_key() == certificate.public_key()
