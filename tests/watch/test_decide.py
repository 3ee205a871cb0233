from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gitops.model.keys import FIELD_MANAGER
from gitops.model.sync import IgnoreDifference
from gitops.watch.decide import Decision, Verdict, decide
from gitops.watch.wanted import Wanted, wanted_objects
from tests import given
from tests.program.engine import plan_of

WEB = given.application("web")


def wanted(application=WEB, **body: Any) -> Wanted:
    manifest = given.manifest("ConfigMap", data={"a": "1"}, **body)
    return next(iter(wanted_objects(plan_of([application], manifest), ["web"]).values()))


def live(manager: str = "kubectl", **data: str) -> dict[str, Any]:
    fields = {f"f:{key}": {} for key in data}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "x",
            "namespace": "web",
            "uid": "u-1",
            "managedFields": [
                {"manager": manager, "operation": "Update", "time": "t", "fieldsV1": {"f:data": fields}}
            ],
        },
        "data": data,
    }


def test_an_object_that_says_what_git_says_is_fine() -> None:
    assert decide(wanted(), live(a="1"), {}) == Decision(Verdict.FINE)


def test_a_change_by_hand_is_healed_and_its_author_is_known() -> None:
    assert decide(wanted(), live(a="2"), {}) == Decision(Verdict.HEAL, "data.a", ("kubectl",))


def test_what_is_gone_is_healed() -> None:
    assert decide(wanted(), None, {}) == Decision(Verdict.HEAL, "missing")


def test_what_was_written_under_our_own_name_makes_us_look_at_git_again() -> None:
    assert decide(wanted(), live(FIELD_MANAGER, a="2"), {}).verdict is Verdict.REPLAN


def test_an_object_that_is_being_deleted_is_left_alone() -> None:
    dying = live(a="1")
    dying["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert decide(wanted(), dying, {}).verdict is Verdict.LEAVE


@pytest.mark.parametrize(
    ("application", "held", "why"),
    [(replace(WEB, self_heal=False), {}, "selfHeal is off"), (WEB, {"web": "it is paused"}, "it is paused")],
)
def test_switches_and_holds_leave_a_change_as_drift(application, held, why) -> None:
    found = decide(wanted(application), live(a="2"), held)
    assert (found.verdict, found.what, found.why) == (Verdict.LEAVE, "data.a", why)


def test_fields_that_are_ignored_are_no_change() -> None:
    rule = IgnoreDifference("", "ConfigMap", json_pointers=("/data/a",))
    assert decide(wanted(replace(WEB, ignore_differences=(rule,))), live(a="2"), {}).verdict is Verdict.FINE


def test_replicas_belong_to_the_autoscaler_that_names_the_workload() -> None:
    deployment = given.manifest("Deployment", api="apps/v1", spec={"replicas": 1, "paused": False})
    autoscaler = given.manifest(
        "HorizontalPodAutoscaler",
        api="autoscaling/v2",
        spec={"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}},
    )
    found = wanted_objects(plan_of([WEB], deployment, autoscaler), ["web"])[deployment.key]
    body = {
        "metadata": {"name": "x", "namespace": "web", "uid": "u"},
        "spec": {"replicas": 7, "paused": False},
    }
    assert decide(found, body, {}).verdict is Verdict.FINE
    assert "replicas" not in found.body(body)["spec"]
    fields = {"f:spec": {"f:replicas": {}}}
    body["metadata"]["managedFields"] = [{"manager": FIELD_MANAGER, "operation": "Apply", "fieldsV1": fields}]
    assert found.body(body)["spec"]["replicas"] == 7


def test_what_is_applied_is_what_the_provider_applies_and_only_over_that_very_object() -> None:
    item = wanted()
    assert item.body(live(a="2"))["metadata"]["uid"] == "u-1"
    fresh = item.body(None)
    assert "uid" not in fresh["metadata"]
    assert fresh["metadata"]["annotations"]["pulumi.com/patchFieldManager"] == FIELD_MANAGER


def test_objects_of_other_applications_are_not_kept() -> None:
    plan = plan_of(
        [WEB, given.application("api")], given.manifest("ConfigMap"), given.manifest("Secret", of="api")
    )
    assert given.manifest("Secret", of="api").key in wanted_objects(plan, ["api"])
    assert all(item.application.name == "api" for item in wanted_objects(plan, ["api"]).values())
