"""How each tool's own objects are told to leave alone what they had: merge patches (RFC 7386) and their reverse.

Argo CD deletes what an Application had when one with its resources finalizer is deleted, so that goes first of all.
Flux deletes nothing when a suspended object is deleted. Nothing of Helm runs in a cluster.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops.delivery.adoption.owners import GROUPS

if TYPE_CHECKING:
    from gitops.cluster.client import Object

_CASCADE = ("resources-finalizer.argocd.argoproj.io", "post-delete-finalizer.argocd.argoproj.io")


def release_of(live: Object) -> Object:
    """What has to change so that the tool neither writes nor deletes its objects; {} when nothing has to."""
    wanted = _WANTED[live["kind"]](live)
    return _difference(wanted, live)


def reverse(patch: Object, live: Object) -> Object:
    """The merge patch that undoes `patch` on the object as it is now."""
    undone: Object = {}
    for key, value in patch.items():
        if key not in live:
            undone[key] = None
        elif isinstance(value, dict) and isinstance(live[key], dict):
            undone[key] = reverse(value, live[key])
        else:
            undone[key] = live[key]
    return undone


def steps(patch: Object) -> tuple[str, ...]:
    """The patch in words."""
    spec = patch.get("spec") or {}
    policy = spec.get("syncPolicy") or {}
    told = {
        "automated sync is paused": "automated" in policy,
        "its finalizer that deletes everything is taken away": "finalizers" in (patch.get("metadata") or {}),
        "it leaves the Applications it made alone": "applicationsSync" in policy
        or "preserveResourcesOnDeletion" in policy,
        "it is suspended": "suspend" in spec,
    }
    return tuple(words for words, is_so in told.items() if is_so)


def is_busy(live: Object) -> str:
    """Why this is no moment to interfere, or ""."""
    if live["metadata"].get("deletionTimestamp"):
        return "is being deleted"
    phase = ((live.get("status") or {}).get("operationState") or {}).get("phase")
    return "is syncing at this moment" if live.get("operation") or phase == "Running" else ""


def owns_its_suspension(live: Object) -> bool:
    """Whether whoever applies a Flux object states `suspend`, and so would set it back."""
    entries = live["metadata"].get("managedFields") or ()
    return live["kind"] in {"Kustomization", "HelmRelease"} and any(
        entry.get("operation") == "Apply"
        and "f:suspend" in ((entry.get("fieldsV1") or {}).get("f:spec") or {})
        for entry in entries
    )


def _application(live: Object) -> Object:
    finalizers = live["metadata"].get("finalizers") or []
    kept = [name for name in finalizers if not name.startswith(_CASCADE)]
    patch: Object = {"spec": {"syncPolicy": {"automated": None}}}
    return patch if kept == finalizers else {**patch, "metadata": {"finalizers": kept}}


def _application_set(_: Object) -> Object:
    return {"spec": {"syncPolicy": {"applicationsSync": "create-only", "preserveResourcesOnDeletion": True}}}


def _suspended(_: Object) -> Object:
    return {"spec": {"suspend": True}}


_WANTED = {
    "Application": _application,
    "ApplicationSet": _application_set,
    "Kustomization": _suspended,
    "HelmRelease": _suspended,
}
assert _WANTED.keys() == GROUPS.keys()  # noqa: S101 - both name every kind that tells a tool what to do


def _difference(wanted: Object, live: Any) -> Object:
    """The part of a merge patch that is not so already."""
    left: Object = {}
    for key, value in wanted.items():
        now = live.get(key) if isinstance(live, dict) else None
        if isinstance(value, dict):
            rest = _difference(value, now)
            if rest:
                left[key] = rest
        elif value != now:
            left[key] = value
    return left
