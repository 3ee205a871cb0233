"""Keys of clusters for tests, made once: making one takes a while."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from gitops.secrets.keys import KeyPair, KeyRing, read_keys


@cache
def private_pem(name: str, password: bytes = b"") -> bytes:
    """The PEM text of a cluster's private key."""
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    form = PrivateFormat.PKCS8 if password else PrivateFormat.TraditionalOpenSSL
    return _key(name).private_bytes(Encoding.PEM, form, encryption)


@cache
def certificate_pem(name: str, days: int = 3650, ago: int = 1) -> bytes:
    """The PEM text of its certificate, made `ago` days ago for `days` days."""
    began = datetime.now(UTC) - timedelta(days=ago)
    subject = x509.Name([])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(_key(name).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=days))
        .sign(_key(name), hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )


@cache
def _key(name: str) -> rsa.RSAPrivateKey:
    assert name
    return rsa.generate_private_key(65537, 2048)


def backup(name: str, **form: int) -> bytes:
    """Key and certificate, one after the other."""
    return private_pem(name) + certificate_pem(name, **form)


@cache
def pair(name: str, **form: int) -> KeyPair:
    (found,) = read_keys(backup(name, **form), name)
    return found


def ring(*names: str) -> KeyRing:
    return KeyRing.of(pair(name) for name in names)


def key_secret(name: str) -> dict[str, object]:
    """The Secret in which a controller keeps a key."""
    data = {"tls.key": private_pem(name), "tls.crt": certificate_pem(name)}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": f"key-{name}"},
        "data": {key: b64encode(value).decode() for key, value in data.items()},
    }
