from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gitops.model.errors import Problems
from gitops.model.sync import IgnoreDifference, SyncOptions
from gitops.waves.plan import make_plan
from gitops.waves.treatment import planned_object
from tests import given

if TYPE_CHECKING:
    from gitops.model.manifest import Manifest
    from gitops.model.plan import PlannedObject

RESPECT = SyncOptions(respect_ignore_differences=True)
REPLICAS = ("/spec/replicas",)


def ignored(*rules: IgnoreDifference, options: SyncOptions = RESPECT, **annotations: str) -> tuple[str, ...]:
    manifest = given.manifest("Deployment", api="apps/v1", annotations=annotations)
    application = given.application(options=options, ignore_differences=rules)
    return planned_object(manifest, application, 20, ()).ignored


@pytest.mark.parametrize(
    ("rule", "is_about"),
    [
        (("apps", "Deployment"), True),
        (("apps", "Deployment", "x", "web"), True),
        (("*", "*"), True),
        (("apps", "StatefulSet"), False),
        (("", "Deployment"), False),
        (("apps", "Deployment", "y"), False),
        (("apps", "Deployment", "x", "other"), False),
    ],
)
def test_a_sync_leaves_alone_what_the_rules_of_an_object_ignore(
    rule: tuple[Any, ...], is_about: bool
) -> None:
    assert ignored(IgnoreDifference(*rule, json_pointers=REPLICAS)) == (REPLICAS if is_about else ())


def test_without_being_told_to_a_sync_applies_what_is_ignored() -> None:
    rule = IgnoreDifference("*", "*", json_pointers=REPLICAS)
    assert ignored(rule, options=SyncOptions()) == ()


def test_an_object_can_tell_it_for_itself() -> None:
    rule = IgnoreDifference("*", "*", json_pointers=REPLICAS)
    respect = {"argocd.argoproj.io/sync-options": "RespectIgnoreDifferences=true"}
    assert ignored(rule, options=SyncOptions(), **respect) == REPLICAS


def test_several_rules_are_one_sorted_list() -> None:
    rules = (
        IgnoreDifference("*", "*", json_pointers=("/spec/b", "/spec/a")),
        IgnoreDifference("apps", "*", json_pointers=("/spec/a",)),
    )
    assert ignored(*rules) == ("/spec/a", "/spec/b")


def hpa(kind: str = "Deployment") -> Manifest:
    target = {"apiVersion": "apps/v1", "kind": kind, "name": "x"}
    return given.manifest(
        "HorizontalPodAutoscaler", "scaler", api="autoscaling/v2", spec={"scaleTargetRef": target}
    )


def planned(*manifests: Manifest, **application: Any) -> dict[str, PlannedObject]:
    problems = Problems()
    plan = make_plan("test", given.SHA, [given.application(**application)], manifests, problems)
    assert not problems.found
    return {item.manifest.kind: item for item in plan.objects}


def test_replicas_are_left_to_an_autoscaler_of_the_plan() -> None:
    workload = given.manifest("Deployment", api="apps/v1", spec={"replicas": 3})

    assert planned(workload, hpa())["Deployment"].ignored == ("/spec/replicas",)
    assert planned(workload, hpa("StatefulSet"))["Deployment"].ignored == ()


def test_the_weights_of_routes_are_left_to_the_rollout_that_names_their_virtual_service() -> None:
    strategy = {"canary": {"trafficRouting": {"istio": {"virtualService": {"name": "x"}}}}}
    rollout = given.manifest("Rollout", "r", api="argoproj.io/v1alpha1", spec={"strategy": strategy})
    routes = [{"name": "a", "route": [{"weight": 100}, {"weight": 0}]}]
    service = given.manifest("VirtualService", api="networking.istio.io/v1", spec={"http": routes})

    assert planned(rollout, service)["VirtualService"].ignored == (
        "/spec/http/0/route/0/weight",
        "/spec/http/0/route/1/weight",
    )


def test_respected_differences_may_be_stated_in_jq_and_broken_jq_leaves_nothing_alone() -> None:
    rules = (IgnoreDifference("", "ConfigMap", jq_expressions=('.data["a/b"]', ".data.gone", "][")),)
    options = SyncOptions(respect_ignore_differences=True)
    body = given.manifest("ConfigMap", data={"a/b": "1", "c": "2"})

    found = planned(body, ignore_differences=rules, options=options)

    assert found["ConfigMap"].ignored == ("/data/a~1b", "/data/gone")
