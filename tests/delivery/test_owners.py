from __future__ import annotations

from typing import Any

import pytest

from gitops.delivery.adoption.owners import is_handed_over, owners_of, tracking_annotations, tracking_labels
from gitops.model.adoption import Owner
from gitops.model.keys import ObjectKey

KEY = ObjectKey("apps", "Deployment", "shop", "web")
LAST_APPLIED = {"kubectl.kubernetes.io/last-applied-configuration": "{}"}


def metadata(*managers: str, **parts: Any) -> dict[str, Any]:
    entries = [{"manager": name, "operation": "Update", "fieldsV1": {}} for name in managers]
    return {"name": "web", "managedFields": entries, **parts}


def tracked(identity: str) -> dict[str, Any]:
    return {"annotations": {"argocd.argoproj.io/tracking-id": identity}}


@pytest.mark.parametrize(
    ("marks", "owners"),
    [
        (tracked("shop:apps/Deployment:shop/web"), [Owner("Argo CD", "Application", "", "shop")]),
        (tracked("team_shop:apps/Deployment:shop/web"), [Owner("Argo CD", "Application", "team", "shop")]),
        (tracked("shop:apps/Deployment:shop/another"), []),  # copied from another object
        (tracked("nonsense"), []),
        ({"labels": {"app.kubernetes.io/instance": "shop"}}, []),  # a chart's own label, as it is
        (
            {"labels": {"helm.toolkit.fluxcd.io/name": "web", "helm.toolkit.fluxcd.io/namespace": "flux"},
             "annotations": {"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop"}},
            [Owner("Flux", "HelmRelease", "flux", "web")],
        ),
        (
            {"labels": {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux"}},
            [Owner("Flux", "Kustomization", "flux", "apps")],
        ),
        ({"annotations": {"meta.helm.sh/release-name": "web"}}, [Owner("Helm", "release", "shop", "web")]),
        ({"annotations": LAST_APPLIED}, [Owner("kubectl")]),
        ({"ownerReferences": [{"kind": "ApplicationSet", "name": "all"}]},
         [Owner("Argo CD", "ApplicationSet", "shop", "all")] ),
        ({}, []),
    ],
)  # fmt: skip
def test_owners_are_read_from_the_marks_of_their_tools(marks: dict[str, Any], owners: list[Owner]) -> None:
    assert list(owners_of(KEY, metadata(**{"namespace": "shop", **marks}))) == owners


def test_an_instance_label_counts_as_argo_cds_only_beside_its_field_manager() -> None:
    labeled = metadata("argocd-controller", labels={"app.kubernetes.io/instance": "shop"})
    assert owners_of(KEY, labeled) == (Owner("Argo CD", "Application", "", "shop"),)
    assert owners_of(KEY, metadata("argocd-controller")) == (Owner("Argo CD"),)


def test_a_namespace_that_argo_cd_made_beside_an_application_is_no_applications() -> None:
    made = metadata("argocd-controller", annotations=LAST_APPLIED)
    assert owners_of(ObjectKey("", "Namespace", "", "shop"), made) == ()


def test_an_object_that_two_tools_fight_over_has_two_owners() -> None:
    labels = {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux"}
    both = metadata(labels=labels, **tracked("shop:apps/Deployment:shop/web"))
    assert [owner.tool for owner in owners_of(KEY, both)] == ["Argo CD", "Flux"]


def test_what_people_did_by_hand_is_not_handed_over() -> None:
    tools = (
        "argocd-controller",
        "kustomize-controller",
        "helm-controller",
        "helm",
        "kubectl-client-side-apply",
    )
    assert all(map(is_handed_over, (*tools, "kubectl", "before-first-apply", "pulumi-kubernetes-1a2b3c4d")))
    people = ("kubectl-edit", "kubectl-patch", "kubectl-rollout", "kubectl-set", "gitops")
    assert not any(map(is_handed_over, (*people, "kube-controller-manager", "somebody")))


def test_labels_are_an_owners_only_if_it_is_there() -> None:
    labels = {"app.kubernetes.io/instance": "web", "app.kubernetes.io/managed-by": "Helm", "app": "web"}
    assert tracking_labels({"labels": labels}, (Owner("kubectl"),)) == set()
    assert tracking_labels({"labels": labels}, (Owner("Argo CD", "Application", "argocd", "web"),)) == {
        "app.kubernetes.io/instance"
    }
    assert tracking_labels({"labels": labels}, (Owner("Helm", "release", "shop", "web"),)) == {
        "app.kubernetes.io/managed-by"
    }
    assert tracking_annotations({"annotations": {**LAST_APPLIED, "mine": "x"}}) == LAST_APPLIED.keys()
