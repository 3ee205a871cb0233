"""Values sealed under a newer key, in clear in memory only; and values that have not changed, left as they are."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from typing import TYPE_CHECKING, Any

from gitops.secrets.hybrid import open_bytes, seal_bytes
from gitops.secrets.recipients import DIGESTS, FOR, annotated, for_stack, others_in, texts_in
from gitops.secrets.scope import scope_of
from gitops.secrets.sealed import seal_values, unseal_values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gitops.model.manifest import JsonObject
    from gitops.secrets.certificate import Certificate
    from gitops.secrets.keys import KeyRing

_SALT = 12


def label_of(sealed: JsonObject) -> bytes:
    """What is sealed into the values of a SealedSecret."""
    metadata = sealed["metadata"]
    return scope_of(metadata).label(str(metadata.get("namespace") or ""), str(metadata["name"]))


def opening_keys(sealed: JsonObject, ring: KeyRing) -> dict[str, str]:
    """The fingerprint of the key that opens each value, "" where none does."""
    label = label_of(sealed)
    found = {}
    order = list(ring.pairs)
    for name, value in (sealed["spec"].get("encryptedData") or {}).items():
        pair = next((one for one in order if open_bytes(str(value), one.private, label) is not None), None)
        if pair:
            order.remove(pair)
            order.insert(0, pair)
        found[name] = pair.fingerprint if pair else ""
    return found


def renewed(sealed: JsonObject, stack: str, ring: KeyRing, certificate: Certificate) -> dict[str, str]:
    """The values of a stack that are not sealed for this certificate, sealed for it; the scope stays.

    Raises:
        UnsealError: a value does not open.
        RefusedError: the certificate has expired.
    """
    own = for_stack(sealed, stack)
    current = opening_keys(own, ring)
    values = unseal_values(own, ring)
    key, label = certificate.for_sealing(), label_of(own)
    return {
        name: seal_bytes(value, key, label)
        for name, value in values.items()
        if current[name] != certificate.fingerprint
    }


def with_values(stack: str, values: Mapping[str, str]) -> Callable[[Any], None]:
    """The change that puts values where a stack's are."""

    def change(body: Any) -> None:
        others = others_in(body)
        if stack in others:
            text = json.dumps({**others[stack], **values}, separators=(",", ":"))
            body["metadata"]["annotations"][f"{FOR}{stack}"] = text
        else:
            for name, value in values.items():
                body["spec"]["encryptedData"][name] = value

    return change


def digests_in(sealed: Mapping[str, Any]) -> dict[str, str]:
    """The digests that a SealedSecret carries, by key; none when they can't be read."""
    return texts_in((sealed["metadata"].get("annotations") or {}).get(DIGESTS)) or {}


def digest(key: str, sealed_for: str, name: str, value: bytes, salt: str = "") -> str:
    """A keyed digest of a value: without the key it tells nothing, and with the salt not even that a value returned.

    Args:
        key: the digest key.
        sealed_for: label and fingerprints, so that a move or a new certificate makes another digest.
        name: the value's key.
        value: the value in clear.
        salt: of the digest to compare with; a new one without it.
    """
    salt = salt or os.urandom(_SALT).hex()
    text = b"".join(
        len(part).to_bytes(8, "big") + part
        for part in (salt.encode(), sealed_for.encode(), name.encode(), value)
    )
    return f"{salt}:{hmac.new(key.encode(), text, hashlib.sha256).hexdigest()}"


def is_digest(told: str, key: str, sealed_for: str, name: str, value: bytes) -> bool:
    """Whether a digest is that of a value."""
    salt, _, _ = told.partition(":")
    return bool(salt) and hmac.compare_digest(told, digest(key, sealed_for, name, value, salt))


def sealed_for_all(
    done: JsonObject,
    values: Mapping[str, bytes],
    first: Certificate,
    others: Mapping[str, Certificate],
    *,
    previous: JsonObject | None = None,
    digest_key: str = "",
) -> JsonObject:
    """A SealedSecret whose values are sealed for other stacks too, and those that have not changed as they were.

    Args:
        done: the SealedSecret for the first certificate.
        values: what is in it.
        first: the certificate that it is sealed for.
        others: those of other stacks.
        previous: the SealedSecret that it replaces or is put into.
        digest_key: what makes the digests by which unchanged values are known; "" for none.

    Raises:
        RefusedError: a certificate has expired.
    """
    label = label_of(done)
    added = {stack: seal_values(values, label, others[stack]) for stack in sorted(others)}
    encrypted = dict(done["spec"]["encryptedData"])
    marks = {}
    if digest_key:
        names = sorted((first, *others.values()), key=lambda one: one.fingerprint)
        sealed_for = " ".join((label.hex(), *(one.fingerprint for one in names)))
        known = digests_in(previous) if previous else {}
        before = (previous["spec"].get("encryptedData") or {}) if previous else {}
        before_others = others_in(previous) if previous else {}
        for name, value in values.items():
            marks[name] = digest(digest_key, sealed_for, name, value)
            there = [before, *(before_others.get(stack, {}) for stack in added)]
            if is_digest(known.get(name, ""), digest_key, sealed_for, name, value) and all(
                name in each for each in there
            ):
                marks[name], encrypted[name] = known[name], before[name]
                for stack, sealed in added.items():
                    sealed[name] = before_others[stack][name]
    result = annotated({**done, "spec": {**done["spec"], "encryptedData": encrypted}}, added)
    if marks:
        metadata = result["metadata"]
        own = {**(metadata.get("annotations") or {}), DIGESTS: json.dumps(marks, separators=(",", ":"))}
        result = {**result, "metadata": {**metadata, "annotations": own}}
    return result
