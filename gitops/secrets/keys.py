"""Private keys in every form in which they are backed up, as one ring."""

from __future__ import annotations

import math
import re
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gitops.model.errors import AccessError, ConfigError
from gitops.secrets.certificate import Certificate, certificate_of, fingerprint
from gitops.source.yaml import YamlError, read_documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_KEY_BLOCK = re.compile(
    rb"-----BEGIN (?:RSA |ENCRYPTED )?PRIVATE KEY-----.+?-----END (?:RSA |ENCRYPTED )?PRIVATE KEY-----",
    re.DOTALL,
)
_ENCRYPTED = (b"BEGIN ENCRYPTED", b"Proc-Type: 4,ENCRYPTED")
_CERTIFICATE_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A private key, with its certificate unless only the key was backed up."""

    private: RSAPrivateKey = field(repr=False)
    certificate: Certificate | None = None

    @property
    def fingerprint(self) -> str:
        """The key's name."""
        return fingerprint(self.private.public_key())

    @property
    def made(self) -> datetime:
        """When it was made: long ago, if nothing says when."""
        return self.certificate.not_before if self.certificate else _LONG_AGO


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Private keys, the newest first, each once."""

    pairs: tuple[KeyPair, ...] = ()

    @staticmethod
    def of(pairs: Iterable[KeyPair]) -> KeyRing:
        """A ring of these keys."""
        unique: dict[str, KeyPair] = {}
        for pair in pairs:
            known = unique.get(pair.fingerprint)
            if known is None or known.certificate is None:
                unique[pair.fingerprint] = pair
        return KeyRing(tuple(sorted(unique.values(), key=lambda item: item.made, reverse=True)))

    def __len__(self) -> int:
        return len(self.pairs)

    @property
    def newest(self) -> Certificate:
        """The certificate to seal for.

        Raises:
            ConfigError: no key has one.
        """
        for pair in self.pairs:
            if pair.certificate:
                return pair.certificate
        raise ConfigError(
            "no key of the ring has a certificate, so there is none to seal for",
            next_step="import the key with its certificate, or make a new one: gitops secret key generate",
        )


def read_keys(content: bytes, name: str, password: bytes | None = None) -> tuple[KeyPair, ...]:
    """The keys in PEM text, in a Secret, or in a List of Secrets, as YAML or JSON; `name` is what errors call it.

    Raises:
        ConfigError: there are none, or one is not an RSA key.
        AccessError: one is encrypted, and the password is wrong or missing.
    """
    texts = (
        [content]
        if b"-----BEGIN" in content[:4096] and not _is_object(content)
        else list(_in_secrets(content, name))
    )
    pairs = [pair for text in texts for pair in _pairs(text, name, password)]
    if not pairs:
        raise ConfigError(
            f"{name} holds no private key",
            next_step="give PEM text, or the Secrets that `kubectl get secret -l"
            " sealedsecrets.bitnami.com/sealed-secrets-key -o yaml` printed",
        )
    return tuple(pairs)


def _is_object(content: bytes) -> bool:
    return re.search(rb"^\s*[\"']?(?:kind|apiVersion)[\"']?\s*:", content, re.MULTILINE) is not None


def _in_secrets(content: bytes, name: str) -> Iterator[bytes]:
    """The PEM texts in Secrets: key and certificate of each, one after the other."""
    try:
        documents = [document.body for document in read_documents(content)]
    except YamlError as error:
        raise ConfigError(f"{name} is neither PEM nor YAML: line {error.line}") from None
    while documents:
        body = documents.pop(0)
        match body:
            case {"kind": "List" | "SecretList", "items": [*items]}:
                documents = [*items, *documents]
            case {"kind": "Secret"}:
                yield b"\n".join(_tls(body, name))


def _tls(secret: dict[str, Any], name: str) -> Iterator[bytes]:
    data, text = secret.get("data") or {}, secret.get("stringData") or {}
    for key in ("tls.key", "tls.crt"):
        if key in text:
            yield str(text[key]).encode()
        elif key in data:
            try:
                yield b64decode(str(data[key]), validate=True)
            except ValueError:
                raise ConfigError(f"data.{key} of a Secret in {name} is not base64") from None


def _pairs(text: bytes, name: str, password: bytes | None) -> Iterator[KeyPair]:
    certificates = dict(_certificates(text))
    for block in _KEY_BLOCK.findall(text):
        encrypted = any(mark in block for mark in _ENCRYPTED)
        if encrypted and not password:
            raise AccessError(
                f"a key in {name} is encrypted", next_step="give its passphrase in GITOPS_KEY_PASSPHRASE"
            )
        try:
            # proving that the factors are primes takes 0.2 s a key, and a ring holds all there ever were
            key = load_pem_private_key(
                block, password if encrypted else None, unsafe_skip_rsa_key_validation=True
            )
            if isinstance(key, RSAPrivateKey):
                _check(key)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            if encrypted:
                raise AccessError(
                    f"a key in {name} does not open with this passphrase",
                    next_step="set GITOPS_KEY_PASSPHRASE",
                ) from None
            raise ConfigError(f"a private key in {name} can't be read") from None
        if not isinstance(key, RSAPrivateKey):
            raise ConfigError(f"a private key in {name} is no RSA key")
        yield KeyPair(key, certificates.get(fingerprint(key.public_key())))


def _check(key: RSAPrivateKey) -> None:
    """Refuse a key whose parts don't belong together (RFC 8017, section 3.2). Raises ValueError."""
    numbers = key.private_numbers()
    p, q, d, public = numbers.p, numbers.q, numbers.d, numbers.public_numbers
    sound = (
        p * q == public.n
        and d * public.e % math.lcm(p - 1, q - 1) == 1
        and (numbers.dmp1, numbers.dmq1) == (d % (p - 1), d % (q - 1))
        and numbers.iqmp * q % p == 1
    )
    if not sound:
        raise ValueError("the parts of the key don't belong together")


def _certificates(text: bytes) -> Iterator[tuple[str, Certificate]]:
    for block in _CERTIFICATE_BLOCK.findall(text):
        try:
            found = x509.load_pem_x509_certificate(block)
            key = found.public_key()
        except (ValueError, UnsupportedAlgorithm):
            continue
        if isinstance(key, RSAPublicKey):
            yield fingerprint(key), certificate_of(found, key)
