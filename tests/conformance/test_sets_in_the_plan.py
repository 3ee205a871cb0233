"""ApplicationSets over their life: who leaves with whom, and steps that wait for one another."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gitops.cluster.survey import Survey
from tests.conformance.row import rule
from tests.conformance.stack import URL, Outcome, document, planned

AB = [{"list": {"elements": [{"n": "a"}, {"n": "b"}]}}]


def of_set(**spec: Any) -> Outcome:
    """What a set of two applications, `a` and `b`, comes to."""
    template = {
        "metadata": {"name": "{{n}}", "labels": {"n": "{{n}}"}},
        "spec": {
            "project": "default",
            "source": {"repoURL": URL, "targetRevision": "HEAD", "path": "apps/{{n}}"},
            "destination": {"name": "in-cluster", "namespace": "{{n}}"},
            "syncPolicy": {"automated": {"prune": True}},
        },
    }
    body = {"generators": AB, "template": template, **spec}
    text = json.dumps({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "metadata": {"name": "s"}, "spec": body,
    })  # fmt: skip
    return planned({"argocd/s.yaml": text, **{f"apps/{n}/x.yaml": document("ConfigMap") for n in "ab"}})


def goes(found: Outcome) -> bool:
    """Whether the objects of an application go when the set no longer makes it."""
    item = found.object("ConfigMap:a/x")
    return bool(Survey({item.manifest.key: item.manifest.body}, {}).leaving((), ("b",)))


@rule("sets.policy-sync")
def test_what_a_set_makes_is_there_and_goes_with_its_objects() -> None:
    found = of_set(syncPolicy={"applicationsSync": "sync"})
    assert list(found.applications) == ["a", "b"]
    assert goes(found)


@rule("sets.owner")
def test_objects_go_with_the_set_without_a_finalizer_in_the_template() -> None:
    assert of_set().applications["a"].cascade
    assert goes(of_set())


@rule("sets.policy-create-update")
def test_what_a_set_must_not_delete_leaves_its_objects() -> None:
    found = of_set(syncPolicy={"applicationsSync": "create-update"})
    assert list(found.applications) == ["a", "b"]
    assert not goes(found)


@rule("sets.preserve")
def test_objects_may_be_preserved_when_their_application_goes() -> None:
    assert not goes(of_set(syncPolicy={"preserveResourcesOnDeletion": True}))


def step(value: str, operator: str = "In", **more: Any) -> dict[str, Any]:
    return {"matchExpressions": [{"key": "n", "operator": operator, "values": [value]}], **more}


def rolling(*steps: Any, **more: Any) -> Outcome:
    return of_set(strategy={"type": "RollingSync", "rollingSync": {"steps": list(steps)}, **more})


@rule("sets.rolling-steps")
@pytest.mark.parametrize("second", [step("a"), step("b", "NotIn")])
def test_a_step_s_applications_are_chosen_by_their_labels(second: Any) -> None:
    found = rolling(step("b"), second)
    assert {name: item.wave for name, item in found.applications.items()} == {"b": 0, "a": 1}


@rule("sets.rolling-health")
def test_a_step_waits_for_the_one_before() -> None:
    assert rolling(step("b"), step("a")).follows("ConfigMap:a/x", "ConfigMap:b/x")


@rule("sets.rolling-reverse")
def test_the_last_step_is_deleted_first_whatever_is_asked() -> None:
    asked = rolling(step("b"), step("a"), deletionOrder="Reverse")
    assert asked.plan.steps == rolling(step("b"), step("a")).plan.steps
    assert asked.follows("ConfigMap:a/x", "ConfigMap:b/x")


@rule("sets.rolling-max-update")
@pytest.mark.parametrize("most", [1, "50%", 0])
def test_a_step_goes_as_a_whole(most: Any) -> None:
    assert "maxUpdate" in rolling(step("b", maxUpdate=most), step("a")).problems[0]
    assert rolling(step("b", maxUpdate="100%"), step("a")).problems == ()


@rule("sets.rolling-outside")
def test_an_application_in_no_step_is_an_error() -> None:
    assert "'a' is in no step of the rolling sync" in rolling(step("b")).problems[0]


@rule("sets.rolling-automated")
def test_a_rolling_sync_leaves_applications_automated() -> None:
    assert rolling(step("b"), step("a")).applications["a"].automated
