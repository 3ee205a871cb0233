from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitops.model.errors import Problems
from gitops.model.plan import Plan, PlannedObject
from gitops.waves.plan import make_plan
from tests import given

if TYPE_CHECKING:
    from gitops.model.application import Application
    from gitops.model.manifest import Manifest

CRD = "apiextensions.k8s.io/v1"


def plan_of(applications: list[Application], *manifests: Manifest) -> Plan:
    problems = Problems()
    plan = make_plan("test", given.SHA, applications, manifests, problems)
    assert not problems.found
    return plan


def edges(plan: Plan) -> dict[str, tuple[str, ...]]:
    return {step.name: step.after for step in plan.steps}


def definition(of: str, kind: str = "Foo") -> Manifest:
    spec = {"group": "x.io", "names": {"kind": kind}}
    return given.manifest("CustomResourceDefinition", "foos.x.io", of=of, namespace="", api=CRD, spec=spec)


def test_a_wave_s_objects_wait_for_the_gate_before_and_the_gate_for_them() -> None:
    applications = [given.application("a", 1), given.application("b", 2), given.application("c", 30)]
    plan = plan_of(applications, *(given.manifest("ConfigMap", of=name) for name in "abc"))
    assert edges(plan) == {
        "ConfigMap:a/x": (),
        "wave-1": ("ConfigMap:a/x",),
        "ConfigMap:b/x": ("wave-1",),
        "wave-2": ("ConfigMap:b/x",),
        "ConfigMap:c/x": ("wave-2",),
        "wave-30": ("ConfigMap:c/x",),
    }
    assert plan.waves == (1, 2, 30)


def test_a_namespace_comes_before_what_lives_in_it_and_takes_one_edge() -> None:
    plan = plan_of(
        [given.application("a", 1), given.application("b", 2)],
        given.manifest("ConfigMap", of="a"),
        given.manifest("ConfigMap", of="b"),
        given.manifest("Namespace", "b", of="b", namespace=""),
    )
    assert edges(plan)["Namespace:b"] == ("wave-1",)
    assert edges(plan)["ConfigMap:b/x"] == ("Namespace:b",)


def test_a_workload_comes_after_what_its_pods_need() -> None:
    plan = plan_of(
        [given.application("web")],
        given.manifest("Deployment", api="apps/v1"),
        given.manifest("Secret"),
        given.manifest("ServiceAccount"),
        given.manifest("Service"),
    )
    assert edges(plan)["apps/Deployment:web/x"] == ("Secret:web/x", "ServiceAccount:web/x")
    assert edges(plan)["Service:web/x"] == ()


def test_a_rollout_comes_after_the_services_routes_and_templates_that_it_may_name() -> None:
    istio, rollouts = "networking.istio.io/v1", "argoproj.io/v1alpha1"
    plan = plan_of(
        [given.application("web")],
        given.manifest("Rollout", api=rollouts),
        given.manifest("AnalysisTemplate", api=rollouts),
        given.manifest("ConfigMap"),
        given.manifest("Ingress", api="networking.k8s.io/v1"),
        given.manifest("Service"),
        given.manifest("VirtualService", api=istio),
    )
    assert edges(plan)["argoproj.io/Rollout:web/x"] == (
        "ConfigMap:web/x",
        "Service:web/x",
        "argoproj.io/AnalysisTemplate:web/x",
        "networking.istio.io/VirtualService:web/x",
    )


def test_a_namespace_and_a_crd_are_hoisted_to_their_first_user_s_wave() -> None:
    plan = plan_of(
        [given.application("early", 1), given.application("late", 9)],
        given.manifest("Foo", of="early", namespace="shared", api="x.io/v1"),
        given.manifest("Namespace", "shared", of="late", namespace=""),
        definition("late"),
        given.manifest("ConfigMap", of="late"),
    )
    waves = {item.name: item.wave for item in plan.objects}
    assert waves == {
        "Namespace:shared": 1,
        "apiextensions.k8s.io/CustomResourceDefinition:foos.x.io": 1,
        "x.io/Foo:shared/x": 1,
        "ConfigMap:late/x": 9,
    }
    assert edges(plan)["x.io/Foo:shared/x"] == (
        "Namespace:shared",
        "apiextensions.k8s.io/CustomResourceDefinition:foos.x.io",
    )


def test_a_crd_without_an_early_user_stays_in_its_wave() -> None:
    plan = plan_of(
        [given.application("a", 1), given.application("b", 2)], definition("b"), given.manifest("Pod", of="a")
    )
    assert {item.manifest.kind: item.wave for item in plan.objects} == {
        "Pod": 1,
        "CustomResourceDefinition": 2,
    }


def test_a_wave_whose_objects_were_all_hoisted_keeps_its_gate() -> None:
    plan = plan_of(
        [given.application("a", 1), given.application("b", 2), given.application("c", 3)],
        given.manifest("ConfigMap", of="a", namespace="n"),
        given.manifest("Namespace", "n", of="b", namespace=""),
        given.manifest("ConfigMap", of="c"),
    )
    assert edges(plan)["wave-2"] == ("wave-1",)
    assert edges(plan)["ConfigMap:c/x"] == ("wave-2",)


def test_sync_waves_inside_an_application_are_gated() -> None:
    wave = "argocd.argoproj.io/sync-wave"
    plan = plan_of(
        [given.application("web")],
        given.manifest("Job", "migrate", api="batch/v1", annotations={wave: "-1"}),
        given.manifest("Deployment", api="apps/v1"),
        given.manifest("Job", "test", api="batch/v1", annotations={wave: "5"}),
    )
    assert edges(plan) == {
        "batch/Job:web/migrate": (),
        "application-web:sync-wave--1": ("batch/Job:web/migrate",),
        "apps/Deployment:web/x": ("application-web:sync-wave--1",),
        "application-web:sync-wave-0": ("apps/Deployment:web/x",),
        "batch/Job:web/test": ("application-web:sync-wave-0",),
        "wave-20": ("batch/Job:web/migrate", "apps/Deployment:web/x", "batch/Job:web/test"),
    }


def test_an_application_waits_for_those_of_its_wave_that_it_depends_on() -> None:
    plan = plan_of(
        [
            given.application("db"),
            given.application("web", depends_on=("db",)),
            given.application("early", 1),
        ],
        given.manifest("ConfigMap", of="early"),
        given.manifest("Deployment", of="db", api="apps/v1"),
        given.manifest("Deployment", of="web", api="apps/v1"),
    )
    assert edges(plan)["apps/Deployment:db/x"] == ("wave-1",)
    assert edges(plan)["application-db"] == ("apps/Deployment:db/x",)
    assert edges(plan)["apps/Deployment:web/x"] == ("application-db",)


def test_a_dependency_of_an_earlier_wave_needs_no_edge_of_its_own() -> None:
    plan = plan_of(
        [given.application("db", 1), given.application("web", 2, depends_on=("db",))],
        given.manifest("ConfigMap", of="db"),
        given.manifest("ConfigMap", of="web"),
    )
    assert edges(plan)["ConfigMap:web/x"] == ("wave-1",)


def test_with_a_problem_there_is_nothing_to_do() -> None:
    problems = Problems()
    web = given.application("web", depends_on=("gone",))
    assert make_plan("test", given.SHA, [web], [given.manifest("Pod")], problems).steps == ()
    assert len(problems) == 1


def test_an_applications_name_never_collides_with_another_s_gate() -> None:
    wave = {"argocd.argoproj.io/sync-wave": "1"}
    plan = plan_of(
        [
            given.application("a"),
            given.application("a-sync-wave-0"),
            given.application("z", depends_on=("a-sync-wave-0",)),
        ],
        given.manifest("Pod", of="a"),
        given.manifest("Pod", "y", of="a", annotations=wave),
        given.manifest("Pod", of="a-sync-wave-0"),
        given.manifest("Pod", of="z"),
    )
    names = [step.name for step in plan.steps]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "strange",
    [
        given.manifest("Namespace", "Namespace", namespace=""),
        given.manifest("CustomResourceDefinition", namespace="", api=CRD, spec="text"),
        given.manifest("CustomResourceDefinition", namespace="", api=CRD, spec={"group": 1, "names": ["x"]}),
        given.manifest(
            "CustomResourceDefinition", namespace="", api=CRD,
            spec={"group": "apiextensions.k8s.io", "names": {"kind": "CustomResourceDefinition"}},
        ),
        given.manifest(
            "CustomResourceDefinition", namespace="", api=CRD, spec={"group": "", "names": {"kind": "web"}}
        ),
    ],
)  # fmt: skip
def test_a_strange_foundation_is_planned_like_any_other(strange: Manifest) -> None:
    plan = plan_of([given.application("web")], strange, given.manifest("ConfigMap"))
    assert edges(plan)[strange.key.resource_name] == ()
    assert edges(plan)["ConfigMap:web/x"] == ()


def test_a_plan_answers_for_its_objects() -> None:
    plan = plan_of(
        [given.application("a"), given.application("b")],
        given.manifest("Pod", of="a"),
        given.manifest("Pod", of="b"),
    )
    assert [item.name for item in plan.objects if item.manifest.application == "a"] == ["Pod:a/x"]
    assert {key.namespace for key in plan.keys} == {"a", "b"}
    assert all(isinstance(item, PlannedObject) for item in plan.objects)
