"""Certificates to seal for: the public half of a cluster's key."""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gitops.model.errors import ConfigError, RefusedError

_SMALLEST = 2048


@dataclass(frozen=True, slots=True)
class Certificate:
    """A public key and the time it is for.

    Attributes:
        key: the public key.
        not_before: when it was made; the newest is the one to seal for.
        not_after: when to stop sealing for it. What is sealed opens for ever.
        pem: the certificate's own text.
    """

    key: RSAPublicKey = field(repr=False)
    not_before: datetime
    not_after: datetime
    pem: str = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """The key's name, as the controller and ssh compute it, such as `SHA256:9n…`."""
        return fingerprint(self.key)

    def for_sealing(self, now: datetime | None = None) -> RSAPublicKey:
        """The key to seal for.

        Raises:
            RefusedError: the certificate has expired, or is for later.
        """
        now = now or datetime.now(UTC)
        if now > self.not_after:
            raise RefusedError(
                f"the certificate {self.fingerprint} expired on {self.not_after:%Y-%m-%d}",
                next_step="fetch the cluster's current one: gitops secret cert --stack STACK",
            )
        return self.key


def fingerprint(key: RSAPublicKey) -> str:
    """SHA-256 over the key in ssh's form (RFC 4253, section 6.6), in base64 without padding."""
    blob = b64decode(key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).split()[1])
    return "SHA256:" + b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def read_certificate(content: bytes, name: str) -> Certificate:
    """The first certificate in a PEM text; `name` is what errors call it.

    Raises:
        ConfigError: there is none, or its key is none that values can be sealed for.
    """
    try:
        found = x509.load_pem_x509_certificates(content)[0]
        key = found.public_key()
    except (ValueError, IndexError) as error:
        raise ConfigError(
            f"{name} holds no certificate in PEM form",
            next_step="give the file that `gitops secret cert` or `kubeseal --fetch-cert` printed",
        ) from error
    if not isinstance(key, RSAPublicKey) or key.key_size < _SMALLEST:
        raise ConfigError(f"the key in {name} is no RSA key of {_SMALLEST} bits or more")
    return certificate_of(found, key)


def certificate_of(found: x509.Certificate, key: RSAPublicKey) -> Certificate:
    """A parsed certificate as this room has it."""
    return Certificate(
        key,
        found.not_valid_before_utc,
        found.not_valid_after_utc,
        found.public_bytes(Encoding.PEM).decode(),
    )
