"""A certificate authority of its own for every cluster.

Names and groups are those Kubernetes expects (kubernetes.io, "PKI certificates and requirements"): the common
name is the user, the organization the group.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

_LIFETIME = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Subject:
    """Who a certificate is for: user (common name), group (organization), file name."""

    file: str
    user: str
    group: str = ""
    server: bool = False


SUBJECTS = (
    Subject("admin", "sandbox-admin", "system:masters"),
    Subject("controller-manager", "system:kube-controller-manager"),
    Subject("scheduler", "system:kube-scheduler"),
    Subject("kwok", "sandbox-kwok", "system:masters"),
    Subject("apiserver", "kube-apiserver", server=True),
    Subject("etcd", "etcd", server=True),
    Subject("etcd-client", "kube-apiserver"),
)
SERVICE_ACCOUNTS = "service-accounts"
"""The file name of the key that signs service account tokens."""


def complete(folder: Path) -> bool:
    """Tell whether the folder holds every certificate and key."""
    wanted = [f"{name}.key" for name in (*(s.file for s in SUBJECTS), SERVICE_ACCOUNTS)]
    wanted += [f"{name}.crt" for name in ("ca", *(s.file for s in SUBJECTS))]
    return all((folder / name).is_file() for name in wanted)


def create(folder: Path, *, now: datetime | None = None) -> None:
    """Make authority, certificates and keys; the folder is replaced in one step, complete."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    for stale in folder.parent.glob(".pki-*"):
        shutil.rmtree(stale)
    draft = Path(tempfile.mkdtemp(prefix=".pki-", dir=folder.parent))
    start = (now or datetime.now(UTC)) - timedelta(minutes=5)
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _authority(authority_key, start)
    _write(draft / "ca.crt", authority.public_bytes(serialization.Encoding.PEM))
    for subject in SUBJECTS:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(subject, key, authority, authority_key, start)
        _write(draft / f"{subject.file}.key", _private(key))
        _write(draft / f"{subject.file}.crt", certificate.public_bytes(serialization.Encoding.PEM))
    _write(draft / f"{SERVICE_ACCOUNTS}.key", _private(ec.generate_private_key(ec.SECP256R1())))
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)


def _authority(key: EllipticCurvePrivateKey, start: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sandbox authority")])
    return (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), start, start + _LIFETIME
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _certificate(
    subject: Subject,
    key: EllipticCurvePrivateKey,
    authority: x509.Certificate,
    authority_key: EllipticCurvePrivateKey,
    start: datetime,
) -> x509.Certificate:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, subject.user)]
    if subject.group:
        parts.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, subject.group))
    # etcd dials itself with its own certificate, so a server's is good for both directions
    purposes = [ExtendedKeyUsageOID.CLIENT_AUTH] + [ExtendedKeyUsageOID.SERVER_AUTH] * subject.server
    builder = (
        x509.CertificateBuilder(
            authority.subject,
            x509.Name(parts),
            key.public_key(),
            x509.random_serial_number(),
            start,
            start + _LIFETIME,
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
        )
    )
    if subject.server:
        names = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(authority_key, hashes.SHA256())


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _private(key: EllipticCurvePrivateKey) -> bytes:
    # not PKCS #8: only from the older form does the API server read the public half
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def _write(file: Path, content: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as stream:
        stream.write(content)
