"""Keys, signing requests and certificates (EC P-256), all PEM.

Import it inside functions: it loads slowly.
"""

import ipaddress
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CLOCK_SKEW = timedelta(hours=1)


def make_key_and_request(names: tuple[str, ...]) -> tuple[str, str]:
    """A private key and a request for DNS names and IP addresses; the first name is the subject."""
    key = ec.generate_private_key(ec.SECP256R1())
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(_subject(names[0]))
        .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _key_text(key), _text(request)


def make_authority(common_name: str, validity: timedelta) -> tuple[str, str]:
    """A private key and its self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _subject(common_name)
    certificate = (
        _builder(name, name, key.public_key(), validity)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(authority=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return _key_text(key), _text(certificate)


def sign(request_text: str, authority_key: str, authority: str, validity: timedelta) -> str:
    """A certificate for TLS servers and clients.  Raises ValueError for a request with a wrong signature."""
    request = x509.load_pem_x509_csr(request_text.encode())
    if not request.is_signature_valid:
        raise ValueError("The signature of a certificate signing request is wrong.")
    issuer = x509.load_pem_x509_certificate(authority.encode())
    key = serialization.load_pem_private_key(authority_key.encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    builder = (
        _builder(request.subject, issuer.subject, request.public_key(), validity)  # type: ignore[arg-type]
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .add_extension(_key_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    )
    for extension in request.extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            builder = builder.add_extension(extension.value, critical=False)
    return _text(builder.sign(key, hashes.SHA256()))


def remaining(certificate: str) -> timedelta:
    """How long a certificate is still valid; negative when it is not."""
    return x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc - datetime.now(UTC)


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, validity: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + validity)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=not authority,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _subject(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_text(key: ec.EllipticCurvePrivateKey) -> str:
    encoding, no_password = serialization.Encoding.PEM, serialization.NoEncryption()
    return key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, no_password).decode()


def _text(thing: x509.Certificate | x509.CertificateSigningRequest) -> str:
    return thing.public_bytes(serialization.Encoding.PEM).decode()
