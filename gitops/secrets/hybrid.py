"""The bytes of one sealed value.

    value = base64(uint16_be(len(C_rsa)) || C_rsa || C_aes)
    C_rsa = RSA-OAEP(session key; SHA-256, MGF1 with SHA-256, the scope's label)
    C_aes = AES-256-GCM(plaintext; session key, a nonce of zeros, no additional data), tag appended

Source: `HybridEncrypt` of Sealed Secrets 0.32. The fixed nonce is sound because each session key is used once.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

_SESSION_KEY, _TAG = 32, 16
_NONCE = bytes(12)


def seal_bytes(content: bytes, key: RSAPublicKey, label: bytes) -> str:
    """Seal a value; the same one comes out differently each time."""
    session = os.urandom(_SESSION_KEY)
    wrapped = key.encrypt(session, _padding(label))
    sealed = AESGCM(session).encrypt(_NONCE, content, None)
    return b64encode(len(wrapped).to_bytes(2, "big") + wrapped + sealed).decode()


def open_bytes(value: str, key: RSAPrivateKey, label: bytes) -> bytes | None:
    """Open a value, or None: also when it is no sealed value at all, so that nothing is learned from how it fails."""
    parts = _parts(value)
    if parts is None:
        return None
    wrapped, sealed = parts
    try:
        return AESGCM(key.decrypt(wrapped, _padding(label))).decrypt(_NONCE, sealed, None)
    except (ValueError, InvalidTag):
        return None


def is_sealed(value: str) -> bool:
    """Whether a text has the form of a sealed value."""
    return _parts(value) is not None


def _parts(value: str) -> tuple[bytes, bytes] | None:
    """The wrapped session key and the sealed content; None for what is not exactly one text of such a value."""
    text = value.replace("\n", "").replace("\r", "")
    try:
        raw = b64decode(text, validate=True)
    except ValueError:
        return None
    length = int.from_bytes(raw[:2], "big")
    wrapped, sealed = raw[2 : 2 + length], raw[2 + length :]
    if length == 0 or len(wrapped) < length or len(sealed) < _TAG or b64encode(raw).decode() != text:
        return None
    return wrapped, sealed


def _padding(label: bytes) -> OAEP:
    return OAEP(mgf=MGF1(SHA256()), algorithm=SHA256(), label=label or None)
