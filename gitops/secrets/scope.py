"""How far a sealed value may be moved before it no longer opens.

Source: `EncryptionLabel` and `SecretScope` of Sealed Secrets 0.32.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

GROUP = "bitnami.com"
API_VERSION, KIND = f"{GROUP}/v1alpha1", "SealedSecret"
_PREFIX = "sealedsecrets.bitnami.com/"
KEY_LABEL = f"{_PREFIX}sealed-secrets-key"
"""What marks the Secrets in which a controller keeps its keys."""
CLAIMS = (f"{_PREFIX}managed", f"{_PREFIX}patch")
"""Annotations of a Secret that let the controller take it, though it refers to no SealedSecret."""
UNOWNED = f"{_PREFIX}skip-set-owner-references"
"""The annotation of a Secret that never refers to its SealedSecret."""


class Scope(StrEnum):
    """Bound to name and namespace, to the namespace, or to nothing."""

    STRICT = "strict"
    NAMESPACE = "namespace-wide"
    CLUSTER = "cluster-wide"

    def label(self, namespace: str, name: str) -> bytes:
        """What is sealed into a value beside its content, so that it opens nowhere else."""
        match self:
            case Scope.STRICT:
                return f"{namespace}/{name}".encode()
            case Scope.NAMESPACE:
                return namespace.encode()
            case Scope.CLUSTER:
                return b""

    @property
    def annotations(self) -> dict[str, str]:
        """How an object says that it has this scope."""
        return {} if self is Scope.STRICT else {f"{_PREFIX}{self.value}": "true"}


SCOPE_ANNOTATIONS = frozenset(f"{_PREFIX}{scope.value}" for scope in Scope)


def scope_of(metadata: Mapping[str, Any]) -> Scope:
    """The scope in an object's own annotations; the wider one wins."""
    annotations = metadata.get("annotations") or {}
    for scope in (Scope.CLUSTER, Scope.NAMESPACE):
        if annotations.get(f"{_PREFIX}{scope.value}") == "true":
            return scope
    return Scope.STRICT


def with_scope(annotations: Mapping[str, str], scope: Scope) -> dict[str, str]:
    """The annotations, with those of this scope in place of those of another."""
    return {k: v for k, v in annotations.items() if k not in SCOPE_ANNOTATIONS} | scope.annotations
