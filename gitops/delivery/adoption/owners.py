"""Whose an object is, read from the marks that tools leave on what they apply.

Argo CD: annotation `argocd.argoproj.io/tracking-id` (`<application>:<group>/<kind>:<namespace>/<name>`) or its
instance label. Flux: labels of its toolkit. Helm: annotations of the release. kubectl: its last-applied annotation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.cluster.ownership import writers
from gitops.model.adoption import Owner
from gitops.model.keys import ObjectKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops.cluster.client import Object

ARGO_CD, FLUX, HELM, KUBECTL = "Argo CD", "Flux", "Helm", "kubectl"
RELEASE = "release"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_TRACKING_ID = "argocd.argoproj.io/tracking-id"
_INSTANCES = ("app.kubernetes.io/instance", "argocd.argoproj.io/instance")
_KUSTOMIZATION, _HELM_RELEASE = "kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io"
_RELEASE = "meta.helm.sh/release"
_MANAGED_BY = "app.kubernetes.io/managed-by"
_TRACKING_ANNOTATIONS = (
    _TRACKING_ID,
    "argocd.argoproj.io/installation-id",
    LAST_APPLIED,
    f"{_RELEASE}-name",
    f"{_RELEASE}-namespace",
)
_TRACKING_LABELS = (
    f"{_KUSTOMIZATION}/name",
    f"{_KUSTOMIZATION}/namespace",
    f"{_HELM_RELEASE}/name",
    f"{_HELM_RELEASE}/namespace",
)
_ARGO_CD_MANAGERS = frozenset(("argocd-controller", "argocd-application-controller"))
# whole objects only: what a person edited, patched or restarted by hand stays theirs
_KUBECTL_MANAGERS = frozenset(
    ("kubectl", "kubectl-client-side-apply", "kubectl-create", "kubectl-replace", "before-first-apply")
)
_MANAGERS = _ARGO_CD_MANAGERS | _KUBECTL_MANAGERS | {"kustomize-controller", "helm-controller", "helm"}
GROUPS = {
    "Application": "argoproj.io",
    "ApplicationSet": "argoproj.io",
    "Kustomization": _KUSTOMIZATION,
    "HelmRelease": _HELM_RELEASE,
}


def owner_key(owner: Owner) -> ObjectKey:
    """The object that tells an owner what to apply; only for the kinds of `GROUPS`."""
    return ObjectKey(GROUPS[owner.kind], owner.kind, owner.namespace, owner.name)


def is_handed_over(manager: str) -> bool:
    """Whether a field manager is one of the tools that are taken over from."""
    return manager in _MANAGERS or manager.startswith("pulumi-kubernetes")


def owners_of(key: ObjectKey, metadata: Object) -> tuple[Owner, ...]:
    """Everybody who has an object, sorted; an Argo CD Application has no namespace unless its id says one."""
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    managers = frozenset(writers(metadata))
    found = {owner for owner in (_argo_cd(key, labels, annotations, managers), *_flux(labels)) if owner}
    if f"{_RELEASE}-name" in annotations and not any(owner.kind == "HelmRelease" for owner in found):
        namespace = annotations.get(f"{_RELEASE}-namespace") or key.namespace
        found.add(Owner(HELM, RELEASE, namespace, annotations[f"{_RELEASE}-name"]))
    for reference in metadata.get("ownerReferences") or ():
        if reference.get("kind") == "ApplicationSet":
            found.add(Owner(ARGO_CD, "ApplicationSet", metadata.get("namespace", ""), reference["name"]))
    if (
        not found
        and not managers & _ARGO_CD_MANAGERS
        and (LAST_APPLIED in annotations or managers & _KUBECTL_MANAGERS)
    ):
        found.add(Owner(KUBECTL))
    return tuple(sorted(found))


def _argo_cd(
    key: ObjectKey, labels: Mapping[str, str], annotations: Mapping[str, str], managers: frozenset[str]
) -> Owner | None:
    identity, _, named = annotations.get(_TRACKING_ID, "").partition(":")
    # an object that somebody copied carries the id of the one it was copied from; one that lives in no namespace
    # carries that of its application
    place = key.namespace or named.partition(":")[2].partition("/")[0]
    if identity and named == f"{key.group}/{key.kind}:{place}/{key.name}":
        namespace, separator, name = identity.partition("_")
        return Owner(ARGO_CD, "Application", namespace if separator else "", name if separator else identity)
    if not managers & _ARGO_CD_MANAGERS:
        return None
    name = next((labels[label] for label in reversed(_INSTANCES) if label in labels), "")
    if not name and key.kind == "Namespace":
        return None  # made by `CreateNamespace`: no Application counts it as its own
    return Owner(ARGO_CD, "Application", "", name) if name else Owner(ARGO_CD)


def _flux(labels: Mapping[str, str]) -> tuple[Owner, ...]:
    kinds = (("Kustomization", _KUSTOMIZATION), ("HelmRelease", _HELM_RELEASE))
    return tuple(
        Owner(FLUX, kind, labels.get(f"{group}/namespace", ""), labels[f"{group}/name"])
        for kind, group in kinds
        if f"{group}/name" in labels
    )


def tracking_labels(metadata: Object, owners: tuple[Owner, ...]) -> frozenset[str]:
    """The labels by which the owners know the object."""
    labels = metadata.get("labels") or {}
    tools = {owner.tool for owner in owners}
    ours = {*_TRACKING_LABELS}
    if ARGO_CD in tools:
        ours.update(_INSTANCES)
    if labels.get(_MANAGED_BY) == "Helm" and any(owner.kind in {RELEASE, "HelmRelease"} for owner in owners):
        ours.add(_MANAGED_BY)
    return frozenset(ours & labels.keys())


def tracking_annotations(metadata: Object) -> frozenset[str]:
    """The annotations by which any of the tools knows the object."""
    return frozenset((metadata.get("annotations") or {}).keys() & {*_TRACKING_ANNOTATIONS})
