"""What somebody put beside what Git states, and what nobody states at all; neither is drift unless it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops.cluster.managed import owned, who
from gitops.drift.compare import Difference, key_in, masked
from gitops.drift.ignore import both_ignored
from gitops.drift.lists import pairs
from gitops.drift.noise import rules_about
from gitops.model.keys import FIELD_MANAGER, STACK_LABEL
from gitops.model.paths import ABSENT, at, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gitops.cluster.client import Object
    from gitops.model.keys import ObjectKey
    from gitops.model.paths import Path
    from gitops.model.sync import IgnoreDifference

# What controllers and the API server write is theirs.
_CONTROLLERS = ("kube-", "cloud-controller-manager", "k3s", "rke2")
_NOTES = ("kubectl.kubernetes.io/", "deployment.kubernetes.io/", "pv.kubernetes.io/")
_SYSTEM = frozenset(("kube-system", "kube-public", "kube-node-lease"))
# What a cluster makes by itself, by kind; names end as they are written, or are one of several.
_MADE = {
    ("", "Namespace"): ("default", *_SYSTEM),
    ("", "ServiceAccount"): ("default",),
    ("", "ConfigMap"): ("kube-root-ca.crt",),
    ("", "Service"): ("kubernetes",),
}
_MACHINERY = frozenset(
    (
        ("", "Node"),
        ("apiregistration.k8s.io", "APIService"),
        ("coordination.k8s.io", "Lease"),
        ("storage.k8s.io", "CSINode"),
        ("networking.k8s.io", "IPAddress"),
        ("networking.k8s.io", "ServiceCIDR"),
        ("certificates.k8s.io", "CertificateSigningRequest"),
    )
)


def added(
    wanted: dict[str, Any], live: dict[str, Any], rules: Sequence[IgnoreDifference]
) -> tuple[Difference, ...]:
    """The fields and list items of a live object that a person or tool wrote and Git does not state, by path.

    Known by `metadata.managedFields`, so that defaults, which nobody owns, and what controllers write are none. What
    the rules leave out is left out here too.
    """
    managers = {
        str(entry.get("manager", ""))
        for entry in live["metadata"].get("managedFields") or ()
        if entry.get("manager") != FIELD_MANAGER
        and not str(entry.get("manager", "")).startswith(_CONTROLLERS)
    }
    stated, there = both_ignored((*rules_about(wanted), *rules), key_in(wanted), wanted, live)
    kind, found = str(wanted.get("kind")), {}
    for path in owned(live, managers, live, items=True):
        value = at(there.body, path)
        if path and value is not ABSENT and not _is_noise(path) and not _stated(stated.body, live, path):
            _, value = masked(kind, path, None, value)
            found[shown(path)] = Difference(shown(path), None, value, who(live, path))
    return tuple(found[path] for path in sorted(found))


def unmanaged(live: Mapping[ObjectKey, Object]) -> tuple[ObjectKey, ...]:
    """Of all objects of a cluster that no controller made, those that no stack has and no cluster makes by itself."""
    return tuple(sorted(key for key, item in live.items() if not _is_declared(key, item)))


def _is_declared(key: ObjectKey, item: Object) -> bool:
    labels = item["metadata"].get("labels") or {}
    kind = (key.group, key.kind)
    return (
        STACK_LABEL in labels
        or "kubernetes.io/bootstrapping" in labels
        or key.namespace in _SYSTEM
        or kind in _MACHINERY
        or key.name in _MADE.get(kind, ())
        or key.name.startswith("system:")
        or (key.kind == "PriorityClass" and key.name.startswith("system-"))
        or key.group == "flowcontrol.apiserver.k8s.io"
    )


def _is_noise(path: Path) -> bool:
    if path[0] == "status" or path[:2] == ("metadata", "managedFields"):
        return True
    return path[:2] == ("metadata", "annotations") and str(path[-1]).startswith(_NOTES)


def _stated(wanted: Any, live: Any, path: Path) -> bool:
    """Whether Git states something at a path of the live object; items of lists are found as for a difference."""
    for step in path:
        if isinstance(step, int):
            if not (isinstance(wanted, list) and isinstance(live, list)):
                return False
            here = next((here for here, there in pairs(wanted, live) if there == step), None)
            wanted, live = (ABSENT if here is None else wanted[here]), live[step]
        else:
            wanted, live = at(wanted, (step,)), at(live, (step,))
        if wanted is ABSENT:
            return False
    return True
