from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gitops.cluster.health import Status
from gitops.drift.state import ApplicationState, application_states
from gitops.model.errors import Problem, Problems
from gitops.model.health_rule import HealthRule
from gitops.model.keys import APPLICATION_LABEL, ObjectKey
from gitops.model.partial import LeftOut
from gitops.model.sync import IgnoreDifference
from gitops.report.applications import as_table
from gitops.waves.plan import make_plan
from tests import given

if TYPE_CHECKING:
    from gitops.model.manifest import Manifest

GONE = ObjectKey("", "ConfigMap", "web", "gone")

LABELS = {APPLICATION_LABEL: "broken"}


def states(live: dict[ObjectKey, dict[str, Any]], *manifests: Manifest) -> dict[str, ApplicationState]:
    applications = [given.application("web"), given.application("db")]
    plan = make_plan("test", given.SHA, applications, manifests, Problems())
    found = application_states(plan, live, APPLICATION_LABEL)
    return {state.application.name: state for state in found}


def living(*manifests: Manifest, **changes: Any) -> dict[ObjectKey, dict[str, Any]]:
    return {item.key: {**item.body, **changes} for item in manifests}


def test_an_application_that_lives_as_stated_is_synced_and_healthy() -> None:
    item = given.manifest("ConfigMap", data={"a": "b"})
    web = states(living(item), item)["web"]
    assert (web.sync, web.health.status, web.extra) == ("Synced", Status.HEALTHY, ())


def test_a_missing_object_is_out_of_sync_and_missing() -> None:
    web = states({}, given.manifest("ConfigMap"))["web"]
    assert (web.sync, web.health.status) == ("OutOfSync", Status.MISSING)
    assert web.health.message == "ConfigMap web/x does not exist"


def test_a_changed_object_is_out_of_sync_and_may_be_healthy() -> None:
    item = given.manifest("ConfigMap", data={"a": "b"})
    web = states(living(item, data={"a": "c"}), item)["web"]
    assert (web.sync, web.health.status) == ("OutOfSync", Status.HEALTHY)
    assert [d.path for d in web.objects[0].differences] == ["data.a"]


def test_what_lives_but_left_git_is_counted_against_its_own_application() -> None:
    item = given.manifest("ConfigMap")
    extra = {GONE: {"metadata": {"name": "gone", "labels": {APPLICATION_LABEL: "web"}}}}
    found = states({**living(item), **extra}, item)
    assert (found["web"].sync, found["web"].extra) == ("OutOfSync", (GONE,))
    assert (found["db"].sync, found["db"].extra) == ("Synced", ())


def test_health_is_that_of_the_worst_object_and_names_it() -> None:
    good, bad = given.manifest("ConfigMap"), given.manifest("Deployment", api="apps/v1")
    web = states(living(good, bad), good, bad)["web"]
    assert web.health.status is Status.PROGRESSING
    assert web.health.message.startswith("Deployment web/x: ")


def test_an_object_whose_health_is_to_be_ignored_is_healthy() -> None:
    item = given.manifest(
        "Deployment", api="apps/v1", annotations={"argocd.argoproj.io/ignore-healthcheck": "true"}
    )
    assert states(living(item), item)["web"].health.status is Status.HEALTHY


def test_a_missing_object_beside_a_live_one_is_told_by_the_sync_status_alone() -> None:
    lives, lost = given.manifest("ConfigMap"), given.manifest("Deployment", "lost", api="apps/v1")
    web = states(living(lives), lives, lost)["web"]
    assert (web.sync, web.health.status) == ("OutOfSync", Status.HEALTHY)
    assert [item.health.status for item in web.objects if item.missing] == [Status.MISSING]


def test_an_application_without_objects_is_healthy() -> None:
    assert states({})["web"].health.status is Status.HEALTHY


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("Unknown", "Healthy"),
        ("Missing", "Healthy"),
        ("Degraded", "Degraded"),
        ("Progressing", "Progressing"),
    ],
)
def test_a_child_application_counts_unless_it_does_not_know_itself(told: str, expected: str) -> None:
    child = given.manifest("Application", api="argoproj.io/v1alpha1")
    web = states(living(child, status={"health": {"status": told}}), child)["web"]
    assert web.health.status == expected


def test_what_left_git_and_asks_not_to_count_does_not() -> None:
    item = given.manifest("ConfigMap")
    asked = {"argocd.argoproj.io/compare-options": "IgnoreExtraneous"}
    extra = {GONE: {"metadata": {"labels": {APPLICATION_LABEL: "web"}, "annotations": asked}}}
    assert states({**living(item), **extra}, item)["web"].sync == "Synced"


def test_an_application_s_diff_rules_and_health_rules_are_kept_to() -> None:
    item = given.manifest("Deployment", api="apps/v1", spec={"replicas": 2})
    rules = (IgnoreDifference("apps", "Deployment", json_pointers=("/spec/replicas",)),)
    own = HealthRule("apps/v1", "Deployment", current="spec.replicas == 5")
    application = given.application("web", ignore_differences=rules, health_rules=(own,))
    plan = make_plan("test", given.SHA, [application], [item], Problems())
    [web] = application_states(plan, living(item, spec={"replicas": 5}), APPLICATION_LABEL)
    assert (web.sync, web.health.status) == ("Synced", Status.HEALTHY)


def test_an_option_or_rule_without_effect_is_noted() -> None:
    item = given.manifest(
        "ConfigMap", annotations={"argocd.argoproj.io/compare-options": "IncludeMutationWebhook=true"}
    )
    broken = (IgnoreDifference("*", "*", jq_expressions=(".data[",)),)
    plan = make_plan(
        "test", given.SHA, [given.application("web", ignore_differences=broken)], [item], Problems()
    )
    [web] = application_states(plan, living(item), APPLICATION_LABEL)
    assert web.sync == "Synced"
    one, other = web.objects[0].notes
    assert one == "compare option IncludeMutationWebhook=true has no effect"
    assert other.startswith("ignoreDifferences: '.data['")


def test_a_broken_application_is_unknown_and_as_well_as_what_lives_of_it() -> None:
    config = given.manifest("ConfigMap", of="broken")
    pod = given.manifest("Pod", "p", of="broken", status={"phase": "Failed"})
    live = {
        item.key: {**item.body, "metadata": {**item.body["metadata"], "labels": LABELS}}
        for item in (config, pod)
    }
    plan = make_plan("test", given.SHA, [], [], Problems())
    problem = Problem("can't be read", next_step="mend it")
    out = LeftOut("broken", (problem,), application=given.application("broken", 7))

    (state,) = application_states(plan, live, APPLICATION_LABEL, (), [out])

    assert (state.sync, state.health.status) == ("Unknown", Status.DEGRADED)
    assert state.application.wave == 7
    assert [item.key.kind for item in state.objects] == ["ConfigMap", "Pod"]
    assert state.extra == ()
    assert "can't be read" in as_table(given.SHA, [state])


def test_a_broken_application_of_which_nothing_lives_has_unknown_health() -> None:
    plan = make_plan("test", given.SHA, [], [], Problems())

    (state,) = application_states(plan, {}, APPLICATION_LABEL, (), [LeftOut("broken", (Problem("x"),))])

    assert (state.sync, state.health.status) == ("Unknown", Status.UNKNOWN)


def test_an_old_version_of_configuration_is_no_drift() -> None:
    item = given.manifest("ConfigMap")
    kept = {"gitops.internal/prune": "unused"}
    old = {GONE: {"metadata": {"name": "gone", "labels": {APPLICATION_LABEL: "web"}, "annotations": kept}}}
    web = states({**living(item), **old}, item)["web"]
    assert (web.sync, web.extra) == ("Synced", ())
