from __future__ import annotations

import json

from gitops.model.adoption import AdoptionPlan, Change, ObjectAdoption, Owner, OwnerRelease
from gitops.model.keys import ObjectKey
from gitops.report.adoption import as_json, as_table

ARGO_CD = Owner("Argo CD", "Application", "argocd", "shop")
WEB = ObjectAdoption(
    ObjectKey("apps", "Deployment", "shop", "web"),
    "shop",
    exists=True,
    owners=(ARGO_CD,),
    taken=("argocd-controller",),
    others=("kube-controller-manager", "kubectl-rollout"),
    dropped=("argocd.argoproj.io/tracking-id",),
    changes=(
        Change("spec.replicas", 2, 3),
        Change("spec.template.spec.containers[0].image", "a:1", "a:2"),
        Change("metadata.labels.old", "x", None),
    ),
)
PLAN = AdoptionPlan(
    "prod",
    "c0ffee",
    (
        WEB,
        ObjectAdoption(ObjectKey("", "Service", "shop", "web"), "shop", exists=False),
        ObjectAdoption(ObjectKey("", "ConfigMap", "shop", "mine"), "shop", exists=True),
        ObjectAdoption(
            ObjectKey("", "Secret", "shop", "x"), "shop", exists=True, taken=("helm",), refused="is immutable"
        ),
    ),
    (
        OwnerRelease(ARGO_CD, found=True, steps=("automated sync is paused",)),
        OwnerRelease(Owner("Flux", "Kustomization", "flux", "apps"), found=False),
    ),
    ((ObjectKey("", "ConfigMap", "shop", "old"), ARGO_CD),),
)


def test_the_table_tells_loudly_what_restarts_and_leaves_out_what_is_ours_already() -> None:
    assert as_table(PLAN).splitlines() == [
        "OBJECT               APPLICATION  OWNER                            STATE",
        "Deployment shop/web  shop         Argo CD Application argocd/shop  RESTARTS PODS",
        "      spec.replicas: 2 → 3",
        '      spec.template.spec.containers[0].image: "a:1" → "a:2"  ← restarts pods',
        '      metadata.labels.old: "x" is removed, Git does not state it',
        "      taken off: argocd.argoproj.io/tracking-id",
        "      stays with its field manager: kubectl-rollout",
        "Service shop/web     shop         -                                missing: the sync makes it",
        "Secret shop/x        shop         helm                             REFUSED",
        "      refused: is immutable",
        "Owners:",
        "  Argo CD Application argocd/shop: automated sync is paused",
        "  Flux Kustomization flux/apps: not in this cluster",
        "Left behind, in no application:",
        "  ConfigMap shop/old (Argo CD Application argocd/shop)",
        "2 to adopt, 1 adopted already, 1 missing; 1 would restart pods; 1 left behind",
    ]


def test_nothing_to_adopt_is_one_line() -> None:
    assert as_table(AdoptionPlan("prod", "c0ffee", ())) == (
        "0 to adopt, 0 adopted already, 0 missing; 0 would restart pods; 0 left behind"
    )


def test_the_form_for_machines_holds_everything() -> None:
    document = json.loads(as_json(PLAN))
    assert document["schema"] == "gitops.internal/adoption/v1"
    web = document["objects"][0]
    assert (web["key"], web["pending"], web["restarts"]) == ("apps/Deployment:shop/web", True, True)
    assert web["changes"][0] == {"path": "spec.replicas", "live": 2, "planned": 3}
    assert document["left"] == [{"key": "ConfigMap:shop/old", "owner": "Argo CD Application argocd/shop"}]


def test_only_a_pod_template_of_a_kind_that_rolls_out_restarts() -> None:
    change = (Change("spec.template.spec.x", 1, 2),)
    job = ObjectAdoption(ObjectKey("batch", "CronJob", "shop", "x"), "shop", exists=True, changes=change)
    assert job.restarts == ()
    assert WEB.restarts == WEB.changes[1:2]
