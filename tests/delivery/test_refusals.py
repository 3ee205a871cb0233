from __future__ import annotations

from dataclasses import replace

import pytest

from gitops.delivery.adoption.carry_out import refuse
from gitops.delivery.adoption.preview import planned_objects
from gitops.model.adoption import AdoptionPlan, Change, ObjectAdoption, Owner, OwnerRelease
from gitops.model.errors import NotFoundError, RefusedError
from gitops.model.keys import ObjectKey
from gitops.model.plan import Plan, PlannedObject, Readiness
from tests.given import application, manifest

ARGO_CD = Owner("Argo CD", "Application", "argocd", "shop")
RESTART = (Change("spec.template.spec.containers[0].image", "a", "b"),)
WEB = ObjectAdoption(
    ObjectKey("apps", "Deployment", "web", "web"),
    "web",
    exists=True,
    owners=(ARGO_CD,),
    taken=("argocd-controller",),
)
STATED = manifest("Application", "shop", namespace="argocd", api="argoproj.io/v1alpha1")
PLAN = Plan("test", "c0ffee", (application(),), ())


def adoption(item: ObjectAdoption = WEB, *releases: OwnerRelease) -> AdoptionPlan:
    return AdoptionPlan("test", "c0ffee", (item,), releases)


def planned(plan: Plan) -> Plan:
    return replace(
        plan, steps=(PlannedObject(STATED, 20, Readiness(wait=False, condition="", timeout=1), ()),)
    )


@pytest.mark.parametrize(
    ("found", "plan", "words"),
    [
        (adoption(replace(WEB, stack="other")), PLAN, r"Deployment web/web \(other\)"),
        (adoption(replace(WEB, refused="is immutable")), PLAN, "Deployment web/web: is immutable"),
        (adoption(replace(WEB, changes=RESTART)), PLAN, r"would restart their pods.*--allow-restarts"),
        (adoption(WEB, OwnerRelease(ARGO_CD, found=False)), PLAN, "argocd/shop.*--owner-elsewhere"),
        (adoption(WEB, OwnerRelease(ARGO_CD, found=True)), planned(PLAN), "set going again by the stack"),
    ],
)
def test_what_should_be_decided_first_is_refused(found: AdoptionPlan, plan: Plan, words: str) -> None:
    with pytest.raises(RefusedError, match=f"(?s){words}"):
        refuse(found, plan, allow_restarts=False, owner_elsewhere=False)


def test_what_was_decided_goes_through() -> None:
    found = adoption(replace(WEB, changes=RESTART), OwnerRelease(ARGO_CD, found=False))
    refuse(found, PLAN, allow_restarts=True, owner_elsewhere=True)


def test_a_long_refusal_names_a_few_and_counts_the_rest() -> None:
    many = tuple(replace(WEB, key=replace(WEB.key, name=f"n{i}"), refused="no") for i in range(30))
    with pytest.raises(RefusedError, match="and 22 more"):
        refuse(AdoptionPlan("test", "x", many), PLAN, allow_restarts=False, owner_elsewhere=False)


def test_an_application_that_is_none_is_named() -> None:
    with pytest.raises(NotFoundError, match="stack test has no application wep"):
        planned_objects(PLAN, ["wep"])
    assert planned_objects(planned(PLAN), ["web"]) == planned_objects(planned(PLAN), [])
