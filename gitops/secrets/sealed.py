"""A Secret becomes a SealedSecret, and a SealedSecret a Secret.

Source: `NewSealedSecret` and `Unseal` of Sealed Secrets 0.32, so that either side's objects open on the other.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

from gitops.model.errors import ConfigError, GitOpsError
from gitops.secrets.files import title
from gitops.secrets.hybrid import is_sealed, open_bytes, seal_bytes
from gitops.secrets.scope import API_VERSION, KIND, Scope, scope_of, with_scope
from gitops.source.argo.gotemplate.errors import GoTemplateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops.model.manifest import JsonObject
    from gitops.secrets.certificate import Certificate
    from gitops.secrets.keys import KeyRing

LARGEST = 1024 * 1024
"""Bytes in all values together: what the API server accepts of a Secret."""
# Copies of the whole object, plaintext and all, that tools leave behind.
_LEAKY = frozenset(
    f"{tool}/last-applied-configuration" for tool in ("kubectl.kubernetes.io", "kubecfg.ksonnet.io")
)
_OF_SERVER = frozenset(
    "uid resourceVersion generation creationTimestamp deletionTimestamp deletionGracePeriodSeconds selfLink"
    " ownerReferences managedFields".split()
)


class UnsealError(GitOpsError):
    """A value can't be opened; says which and why, never what is in it."""

    exit_code = 2


def plain_values(secret: Mapping[str, Any]) -> dict[str, bytes]:
    """The values of a Secret by key; `stringData` wins, as in the API server.

    Raises:
        ConfigError: a value is not text, or not base64.
    """
    values: dict[str, bytes] = {}
    for key, value in (secret.get("data") or {}).items():
        try:
            values[key] = b64decode("".join(value.split()), validate=True)
        except (ValueError, AttributeError):
            raise ConfigError(
                f"data.{key} is not base64", next_step="put plain text into stringData"
            ) from None
    for key, value in (secret.get("stringData") or {}).items():
        if not isinstance(value, str):
            raise ConfigError(f"stringData.{key} is not text", next_step="put it into quotes")
        values[key] = value.encode()
    return values


def seal_secret(
    secret: JsonObject, values: Mapping[str, bytes], scope: Scope, certificate: Certificate
) -> JsonObject:
    """The SealedSecret of a Secret with these values; its own `data` and `stringData` do not count.

    Raises:
        RefusedError: the certificate has expired.
    """
    metadata = {key: value for key, value in secret["metadata"].items() if key not in _OF_SERVER}
    name, namespace = metadata["name"], metadata.get("namespace", "")
    annotations = with_scope(
        {k: v for k, v in (metadata.get("annotations") or {}).items() if k not in _LEAKY}, scope
    )
    template: JsonObject = {"metadata": _without_empty({**metadata, "annotations": annotations})}
    template |= {key: secret[key] for key in ("type", "immutable") if secret.get(key) is not None}
    own = {"name": name, "namespace": namespace, "annotations": scope.annotations}
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": _without_empty(own),
        "spec": {
            "encryptedData": seal_values(values, scope.label(namespace, name), certificate),
            "template": template,
        },
    }


def seal_values(values: Mapping[str, bytes], label: bytes, certificate: Certificate) -> dict[str, str]:
    """Values by key, each sealed.

    Raises:
        RefusedError: the certificate has expired.
    """
    key = certificate.for_sealing()
    return {name: seal_bytes(values[name], key, label) for name in sorted(values)}


def unseal_values(sealed: Mapping[str, Any], ring: KeyRing) -> dict[str, bytes]:
    """The values of a SealedSecret, in clear.

    Raises:
        UnsealError: some don't open; names them, and why as far as that can be known.
        ConfigError: the object is not a SealedSecret of a form that is read.
    """
    metadata, encrypted = sealed["metadata"], _encrypted(sealed)
    scope = scope_of(metadata)
    name, namespace = str(metadata["name"]), str(metadata.get("namespace") or "")
    label = scope.label(namespace, name)
    order, opened, closed = list(ring.pairs), {}, []
    for key, value in encrypted.items():
        for pair in order:
            content = open_bytes(value, pair.private, label)
            if content is not None:
                opened[key] = content
                order.remove(pair)
                order.insert(0, pair)  # the other values were most likely sealed with it too
                break
        else:
            closed.append(key)
    if closed:
        reason = _reason([encrypted[key] for key in closed], ring, scope, namespace, name)
        raise UnsealError(
            f"{', '.join(sorted(closed))} of SealedSecret {title(metadata)} can't be opened: {reason}",
            next_step="seal the values again, or add the key that they were sealed for",
        )
    return opened


def unseal_secret(sealed: JsonObject, ring: KeyRing) -> JsonObject:
    """The Secret that the controller would make of a SealedSecret, but for the reference to its owner.

    Raises:
        UnsealError: a value does not open, or its template can't be rendered.
        ConfigError: the object is not a SealedSecret of a form that is read.
    """
    values = unseal_values(sealed, ring)
    metadata = sealed["metadata"]
    template = sealed["spec"].get("template") or {}
    texts = {key: value.decode(errors="replace") for key, value in values.items()}
    for key, text in (template.get("data") or {}).items():
        try:
            values[key] = _rendered(str(text), texts).encode()
        except GoTemplateError:  # its text may quote what it was given
            raise UnsealError(
                f"template.data.{key} of SealedSecret {title(metadata)} does not render",
                next_step="mend the template",
            ) from None
    own = {key: value for key, value in (template.get("metadata") or {}).items() if key not in _OF_SERVER}
    own |= {"name": metadata["name"], "namespace": metadata.get("namespace")}
    secret: JsonObject = {"apiVersion": "v1", "kind": "Secret", "metadata": _without_empty(own)}
    secret |= {key: template[key] for key in ("type", "immutable") if template.get(key) is not None}
    return secret | {"data": {key: b64encode(values[key]).decode() for key in sorted(values)}}


def _rendered(template: str, values: Mapping[str, str]) -> str:
    from gitops.source.argo.gotemplate.render import render  # slow to import, and rare

    return render(template, values)


def _encrypted(sealed: Mapping[str, Any]) -> dict[str, str]:
    spec = sealed.get("spec")
    spec = spec if isinstance(spec, dict) else {}
    if spec.get("data"):
        raise ConfigError(
            "spec.data is the old form with one blob, which the controller refuses as well",
            next_step="seal it again: the new form is spec.encryptedData",
        )
    encrypted = spec.get("encryptedData")
    encrypted = {} if encrypted is None else encrypted
    if not isinstance(encrypted, dict) or not all(isinstance(value, str) for value in encrypted.values()):
        raise ConfigError("spec.encryptedData is no mapping of texts", next_step="seal the Secret again")
    return encrypted


def _reason(values: list[str], ring: KeyRing, scope: Scope, namespace: str, name: str) -> str:
    """Why values stay closed, without a word about their content."""
    if not all(is_sealed(value) for value in values):
        return "what is there is no sealed value; it may be cut off"
    for other in Scope:
        if other is not scope and any(
            open_bytes(values[0], pair.private, other.label(namespace, name)) is not None
            for pair in ring.pairs
        ):
            return f"sealed {other}, but the object is annotated {scope}"
    count = len(ring)
    keys = (
        "there is no key"
        if not count
        else "the key does not fit"
        if count == 1
        else f"none of {count} keys fits"
    )
    return f"{keys}, or it was sealed for another name or namespace, or was changed since"


def _without_empty(mapping: Mapping[str, Any]) -> JsonObject:
    return {key: value for key, value in mapping.items() if value not in (None, "", {}, [])}
