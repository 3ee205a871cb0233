"""New keys, and keys written down: for a key ring, for a backup, or for a cluster's controller.

Source: `GeneratePrivateKeyAndCert` and `writeKey` of Sealed Secrets 0.32.
"""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from gitops.secrets.certificate import certificate_of
from gitops.secrets.keys import KeyPair
from gitops.secrets.scope import KEY_LABEL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitops.model.manifest import JsonObject
    from gitops.secrets.keys import KeyRing

BITS, LIFETIME = 4096, timedelta(days=3650)
EVERY = "720h"
"""How old a key may be before another follows it: 30 days, as the controller does it."""


def generated(now: datetime | None = None, bits: int = BITS) -> KeyPair:
    """A new key, with a certificate for ten years."""
    now = (now or datetime.now(UTC)).replace(microsecond=0)
    private = rsa.generate_private_key(65537, bits)
    name = x509.Name([])
    found = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, SHA256())
    )
    return KeyPair(private, certificate_of(found, private.public_key()))


def is_due(ring: KeyRing, every: float, now: datetime | None = None) -> bool:
    """Whether the newest key is older than `every` seconds, or there is none."""
    if not ring.pairs or not ring.pairs[0].certificate:
        return True
    return (now or datetime.now(UTC)) - ring.pairs[0].made > timedelta(seconds=every)


def as_pem(pairs: Iterable[KeyPair], password: bytes | None = None) -> str:
    """Keys and certificates as PEM, one after the other; the keys are encrypted with a password."""
    return "".join(_private(pair, password) + _certificate(pair) for pair in pairs)


def as_secret(pair: KeyPair, namespace: str) -> JsonObject:
    """The Secret in which a controller keeps a key, in clear."""
    data = {"tls.key": _private(pair, None), "tls.crt": _certificate(pair)}
    name = pair.fingerprint.removeprefix("SHA256:").lower()
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {
            "name": "sealed-secrets-key-" + "".join(c for c in name if c.isalnum())[:12],
            "namespace": namespace,
            "labels": {KEY_LABEL: "active"},
        },
        "data": {key: b64encode(text.encode()).decode() for key, text in data.items()},
    }


def as_list(pairs: Iterable[KeyPair], namespace: str) -> str:
    """Such Secrets of several keys, for `kubectl apply`, in clear."""
    items = [as_secret(pair, namespace) for pair in pairs]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=2) + "\n"


def _private(pair: KeyPair, password: bytes | None) -> str:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    form = PrivateFormat.PKCS8 if password else PrivateFormat.TraditionalOpenSSL
    return pair.private.private_bytes(Encoding.PEM, form, encryption).decode()


def _certificate(pair: KeyPair) -> str:
    return pair.certificate.pem if pair.certificate else ""
