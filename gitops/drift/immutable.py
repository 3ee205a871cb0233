"""Fields that no API server lets anybody change: an object with another value there has to be made anew.

Source: the validation of updates in Kubernetes 1.36, `pkg/apis/*/validation`, for the kinds that repositories state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops.model.keys import group_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# by group and kind: paths, of which one that ends with * is every field there but those that are named after it
_FIELDS: Mapping[tuple[str, str], tuple[tuple[str, ...], ...]] = {
    ("apps", "Deployment"): (("spec.selector",),),
    ("apps", "DaemonSet"): (("spec.selector",),),
    ("apps", "ReplicaSet"): (("spec.selector",),),
    ("apps", "StatefulSet"): (
        (
            "spec.*",
            *("replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit"),
            *("persistentVolumeClaimRetentionPolicy", "minReadySeconds"),
        ),
    ),
    ("batch", "Job"): (
        *(("spec.selector",), ("spec.template",), ("spec.completions",), ("spec.completionMode",)),
        *(("spec.podFailurePolicy",), ("spec.successPolicy",), ("spec.backoffLimitPerIndex",)),
        ("spec.managedBy",),
    ),
    ("", "PersistentVolumeClaim"): (("spec.*", "resources", "volumeAttributesClassName"),),
    ("", "Service"): (("spec.clusterIP",),),
    ("", "Secret"): (("type",),),
    ("", "Pod"): (
        ("spec.*", "containers", "initContainers", "activeDeadlineSeconds", "tolerations", "schedulingGates"),
    ),
    ("rbac.authorization.k8s.io", "RoleBinding"): (("roleRef",),),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): (("roleRef",),),
    ("storage.k8s.io", "StorageClass"): (
        *(("provisioner",), ("parameters",), ("reclaimPolicy",), ("volumeBindingMode",)),
    ),
    ("scheduling.k8s.io", "PriorityClass"): (("value",), ("preemptionPolicy",)),
    ("networking.k8s.io", "IngressClass"): (("spec.controller",),),
    ("discovery.k8s.io", "EndpointSlice"): (("addressType",),),
    ("node.k8s.io", "RuntimeClass"): (("handler",),),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): (("spec.scope",), ("spec.names.kind",)),
}
_CONTENT = {
    ("", "ConfigMap"): ("data", "binaryData", "immutable"),
    ("", "Secret"): ("data", "stringData", "immutable"),
}

# what a server fills in where nothing is stated
_DEFAULTS = {"type": "Opaque", "reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"}
_ASSIGNED = frozenset(("spec.clusterIP",))
"""Fields that keep their value when they are no longer stated."""


def unchangeable(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """The paths of fields that both state differently, or one of them does not state, and that can't be changed."""
    return tuple(sorted(_found(before, after)))


def _found(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    kind = group_of(str(after["apiVersion"])), str(after["kind"])
    for path, *others in _FIELDS.get(kind, ()):
        if path.endswith(".*"):
            parent = path.removesuffix(".*")
            old, new = _fields(before, parent), _fields(after, parent)
            names = (old.keys() | new.keys()) - set(others)
            yield from (f"{parent}.{name}" for name in names if old.get(name) != new.get(name))
        elif _stated(before, path) != _stated(after, path) and not (
            path in _ASSIGNED and not _stated(after, path)
        ):
            yield path
    if before.get("immutable") is True:
        yield from (name for name in _CONTENT.get(kind, ()) if before.get(name) != after.get(name))


def _stated(body: Any, path: str) -> Any:
    value = _value(body, path)
    return _DEFAULTS.get(path, value) if value in (None, "") else value


def _value(body: Any, path: str) -> Any:
    for name in path.split("."):
        body = body.get(name) if isinstance(body, dict) else None
    return body


def _fields(body: Mapping[str, Any], path: str) -> dict[str, Any]:
    value = _value(body, path)
    return value if isinstance(value, dict) else {}
