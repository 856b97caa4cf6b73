"""The cluster's own certificate authority: one CA per deployment, one certificate per purpose.

It secures etcd, the Juju API and the Terraform state endpoint.  Certificates of OpenStack's services come
from the ``certificates`` charm instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sunbeam.core.snapshot import replace_file

CA_VALIDITY = timedelta(days=3650)
LEAF_VALIDITY = timedelta(days=825)
RENEW_BEFORE = timedelta(days=60)


@dataclass(frozen=True)
class KeyPair:
    """Files of one certificate: ``certificate`` may be read by all, ``key`` by root alone (0600)."""

    certificate: Path
    key: Path

    @property
    def exists(self) -> bool:
        return self.certificate.is_file() and self.key.is_file()


class ClusterCertificates:
    """The CA and its certificates in ``folder``, made when first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = KeyPair(folder / "ca.crt", folder / "ca.key")

    def ensure_authority(self) -> KeyPair:
        """Make the CA unless it exists.  An existing one is never replaced."""
        if not self.authority.exists:
            key = ec.generate_private_key(ec.SECP256R1())
            name = _name("Sunbeam cluster CA")
            builder = (
                _builder(name, name, key.public_key(), CA_VALIDITY)
                .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
                .add_extension(_key_usage(authority=True), critical=True)
            )
            _write(self.authority, key, builder.sign(key, hashes.SHA256()))
        return self.authority

    def pair(self, name: str) -> KeyPair:
        """Where the certificate ``name`` is, or would be."""
        return KeyPair(self.folder / f"{name}.crt", self.folder / f"{name}.key")

    def ensure(self, name: str, hosts: Sequence[str] = ("localhost", "127.0.0.1")) -> KeyPair:
        """The certificate ``name`` for ``hosts`` (DNS names or addresses), for server and client use.

        It is renewed when it lacks a host or ends within 60 days.
        """
        pair = self.pair(name)
        if pair.exists and _serves(pair, hosts):
            return pair
        self.ensure_authority()
        ca_key = serialization.load_pem_private_key(self.authority.key.read_bytes(), None)
        ca = x509.load_pem_x509_certificate(self.authority.certificate.read_bytes())
        assert isinstance(ca_key, ec.EllipticCurvePrivateKey)
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            _builder(_name(name), ca.subject, key.public_key(), LEAF_VALIDITY)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(authority=False), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
            )
            .add_extension(_alternative_names(hosts), critical=False)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
        )
        _write(pair, key, builder.sign(ca_key, hashes.SHA256()))
        return pair


def make_self_signed(pair: KeyPair, name: str, hosts: Sequence[str], validity: timedelta) -> None:
    """A certificate for ``hosts`` (DNS names or addresses) that no authority signs, for server use."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        _builder(_name(name), _name(name), key.public_key(), validity)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_alternative_names(hosts), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    _write(pair, key, builder.sign(key, hashes.SHA256()))


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _alternative_names(hosts: Sequence[str]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([_general_name(host) for host in hosts])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    """RFC 5280, section 4.2.1.3; Python refuses a CA without it since 3.13."""
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, validity: timedelta
) -> x509.CertificateBuilder:
    start = datetime.now(UTC) - timedelta(minutes=5)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + validity)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _serves(pair: KeyPair, hosts: Sequence[str]) -> bool:
    certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    if certificate.not_valid_after_utc - datetime.now(UTC) < RENEW_BEFORE:
        return False
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {_general_name(host) for host in hosts} <= set(names)


def _write(pair: KeyPair, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    """The key first: a certificate on disk means that its key is complete."""
    pair.key.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    replace_file(pair.key, pem, 0o600)
    replace_file(pair.certificate, certificate.public_bytes(serialization.Encoding.PEM), 0o644)
