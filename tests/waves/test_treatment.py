from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gitops.model.errors import Problems
from gitops.model.steering import Steering
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


def test_what_a_rollout_names_is_shared_with_it_and_not_left_alone_as_a_whole() -> None:
    istio = {
        "virtualServices": [{"name": "x", "routes": ["a"]}, {"name": "far.elsewhere"}],
        "destinationRule": {"name": "d", "canarySubsetName": "c", "stableSubsetName": "s"},
    }
    routing = {"istio": istio, "managedRoutes": [{"name": "by-header"}]}
    strategy = {"canary": {"trafficRouting": routing, "canaryService": "w", "stableService": "v"}}
    rollout = given.manifest("Rollout", "r", api="argoproj.io/v1alpha1", spec={"strategy": strategy})
    routes = [{"name": "a", "route": [{"weight": 100}, {"weight": 0}]}]
    service = given.manifest("VirtualService", api="networking.istio.io/v1", spec={"http": routes})
    rule = given.manifest("DestinationRule", "d", api="networking.istio.io/v1", spec={"subsets": []})
    both = planned(rollout, service, rule, given.manifest("Service", "v", spec={"selector": {"a": "b"}}))

    assert all(both[kind].ignored == () for kind in ("VirtualService", "DestinationRule", "Service"))
    assert both["VirtualService"].steering == Steering(
        "VirtualService", frozenset(["a"]), frozenset(["by-header"])
    )
    assert both["DestinationRule"].steering == Steering("DestinationRule", subsets=frozenset("cs"))
    assert both["Service"].steering == Steering("Service")
    assert both["Rollout"].steering is None
    assert both["Rollout"].ignored == ("/spec/paused", "/spec/restartAt")


def test_replicas_are_left_to_a_rollout_that_scales_the_workload_down_whose_pods_it_takes_over() -> None:
    reference = {"kind": "Deployment", "name": "x", "scaleDown": "progressively"}
    rollout = given.manifest("Rollout", "r", api="argoproj.io/v1alpha1", spec={"workloadRef": reference})
    workload = given.manifest("Deployment", api="apps/v1", spec={"replicas": 3})

    assert planned(rollout, workload)["Deployment"].ignored == ("/spec/replicas",)


def test_respected_differences_may_be_stated_in_jq_and_broken_jq_leaves_nothing_alone() -> None:
    rules = (IgnoreDifference("", "ConfigMap", jq_expressions=('.data["a/b"]', ".data.gone", "][")),)
    options = SyncOptions(respect_ignore_differences=True)
    body = given.manifest("ConfigMap", data={"a/b": "1", "c": "2"})

    found = planned(body, ignore_differences=rules, options=options)

    assert found["ConfigMap"].ignored == ("/data/a~1b", "/data/gone")
