"""Inputs in the spelling that the API server gives back, so that equal objects look equal.

Upstream does it by reading built-in kinds into their Go types and writing them out again; here the few places
where that changes anything are named.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from sandbox.provider.quantity import canonical
from sandbox.provider.values import Secret, has_unknowns, reveal

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitops.cluster.client import Object

_GROUPS = frozenset(
    (
        "apps batch autoscaling policy admissionregistration.k8s.io apiextensions.k8s.io "
        "apiregistration.k8s.io authentication.k8s.io authorization.k8s.io certificates.k8s.io "
        "coordination.k8s.io discovery.k8s.io events.k8s.io flowcontrol.apiserver.k8s.io networking.k8s.io "
        "node.k8s.io rbac.authorization.k8s.io resource.k8s.io scheduling.k8s.io storage.k8s.io"
    ).split()
)
_AMOUNTS = "limits requests hard capacity allocatable overhead"
_MAPS = frozenset(
    f"labels annotations data binaryData stringData matchLabels nodeSelector parameters {_AMOUNTS}".split()
)
_QUANTITIES = frozenset(f"{_AMOUNTS} max min default defaultRequest maxLimitRequestRatio".split())
_QUANTITY = frozenset({"sizeLimit", "divisor", "averageValue"})
_KEPT_LISTS = frozenset({"rules", "containers", "versions", "paths"})
_SECRET_MAPS = ("data", "stringData")


def is_built_in(obj: Object) -> bool:
    """Whether the kind is one of Kubernetes' own; CRDs of other projects keep every byte."""
    group, slash, _ = str(obj.get("apiVersion", "")).partition("/")
    return group in _GROUPS if slash else group == "v1"


def normalize(inputs: Object) -> Object:
    """Inputs as Check returns them: nothing empty that it drops, quantities canonical, data encoded."""
    result = _secret(inputs) if is_secret(inputs) else inputs
    if not is_built_in(result) or result.get("kind") == "CustomResourceDefinition":
        return result
    return {key: _normal(key, value) for key, value in result.items() if not _dropped(key, value)}


def _normal(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        if key in _QUANTITIES:
            return {k: canonical(v) for k, v in value.items()}
        if key in _MAPS:
            return value
        return {k: _normal(k, v) for k, v in value.items() if not _dropped(k, v)}
    if isinstance(value, list):
        return [_normal("", item) for item in value]
    return canonical(value) if key in _QUANTITY else value


def _dropped(key: str, value: Any) -> bool:
    return (value == {} and key in _MAPS) or (value == [] and key not in _KEPT_LISTS)


def is_secret(obj: Object) -> bool:
    """Whether it is a Kubernetes Secret."""
    return obj.get("kind") == "Secret" and obj.get("apiVersion") == "v1"


def _secret(inputs: Object) -> Object:
    """`stringData` moves into `data`, as the server does it, unless something in it is not known yet."""
    if has_unknowns([inputs.get(key) for key in _SECRET_MAPS]):
        return inputs
    clear, encoded = (reveal(inputs.get(key) or {}) for key in ("stringData", "data"))
    if not isinstance(clear, dict) or not isinstance(encoded, dict):
        return inputs
    if not all(isinstance(value, str) for value in (*clear.values(), *encoded.values())):
        return inputs
    data = {key: _base64(value) for key, value in encoded.items()}
    data |= {key: base64.b64encode(value.encode()).decode() for key, value in clear.items()}
    rest = {key: value for key, value in inputs.items() if key not in _SECRET_MAPS}
    return rest | ({"data": data} if data else {})


def _base64(text: str) -> str:
    try:
        return base64.b64encode(base64.b64decode(text, validate=False)).decode()
    except (binascii.Error, ValueError):
        return text


def with_secret_data(obj: Object) -> Object:
    """A Kubernetes Secret with its contents marked as Pulumi secrets; any other object as it is."""
    if not is_secret(obj):
        return obj
    return {
        key: Secret(reveal(value)) if key in _SECRET_MAPS and value else value for key, value in obj.items()
    }


def renamed(value: Any, rename: Callable[[str], str]) -> Any:
    """Every key of a tree through `rename`."""
    if isinstance(value, dict):
        return {rename(key): renamed(item, rename) for key, item in value.items()}
    if isinstance(value, list):
        return [renamed(item, rename) for item in value]
    return Secret(renamed(value.value, rename)) if isinstance(value, Secret) else value


def to_state_key(key: str) -> str:
    """`x-kubernetes-list-type` is stored as `x_kubernetes_list_type`, since SDKs can't spell the former."""
    return key.replace("-", "_") if key.startswith("x-kubernetes-") else key


def to_api_key(key: str) -> str:
    """The inverse of `to_state_key`."""
    return key.replace("_", "-") if key.startswith("x_kubernetes_") else key
