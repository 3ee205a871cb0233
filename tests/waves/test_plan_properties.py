"""What holds for every plan, whatever the applications and objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given as with_any
from hypothesis import settings
from hypothesis import strategies as st

from gitops.model.errors import Problems
from gitops.model.plan import Gate, Plan, PlannedObject
from gitops.waves.order import sync_wave
from gitops.waves.plan import FOUNDATIONS, make_plan
from tests import given

if TYPE_CHECKING:
    from gitops.model.application import Application
    from gitops.model.manifest import Manifest

NAMES = "abcde"
KINDS = {
    "ConfigMap": "v1", "Secret": "v1", "Deployment": "apps/v1", "Job": "batch/v1", "Foo": "x.io/v1",
    "Namespace": "v1", "CustomResourceDefinition": "apiextensions.k8s.io/v1",
    "Ingress": "networking.k8s.io/v1",
}  # fmt: skip


@st.composite
def platforms(draw: st.DrawFn) -> tuple[list[Application], list[Manifest]]:
    applications: list[Application] = []
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True)):
        wave = draw(st.integers(0, 2))
        earlier = [other.name for other in applications if other.wave <= wave]
        needs = draw(st.lists(st.sampled_from(earlier), unique=True)) if earlier else []
        applications.append(given.application(name, wave, depends_on=tuple(sorted(needs))))
    manifests = {}
    for _ in range(draw(st.integers(0, 14))):
        kind = draw(st.sampled_from(sorted(KINDS)))
        cluster = kind in FOUNDATIONS
        item = given.manifest(
            kind,
            draw(st.sampled_from(NAMES)) if kind != "CustomResourceDefinition" else "foos.x.io",
            of=draw(st.sampled_from(applications)).name,
            namespace="" if cluster else draw(st.sampled_from(NAMES)),
            api=KINDS[kind],
            annotations={"argocd.argoproj.io/sync-wave": str(draw(st.integers(-1, 1)))},
            spec={"group": "x.io", "names": {"kind": "Foo"}},
        )
        manifests[item.key] = item
    return applications, list(manifests.values())


def planned(platform: tuple[list[Application], list[Manifest]]) -> Plan:
    problems = Problems()
    plan = make_plan("test", given.SHA, *platform, problems)
    assert not problems.found
    return plan


def ancestors(plan: Plan) -> dict[str, set[str]]:
    """Every step's direct and indirect predecessors; fails when a step comes before one it names."""
    known: dict[str, set[str]] = {}
    for step in plan.steps:
        assert step.name not in known
        known[step.name] = set(step.after).union(*(known[name] for name in step.after))
    return known


@with_any(platforms())
@settings(max_examples=200, deadline=None)
def test_every_object_is_planned_once_after_all_that_it_names(
    platform: tuple[list[Application], list[Manifest]],
) -> None:
    plan = planned(platform)
    ancestors(plan)
    assert plan.keys == {item.key for item in platform[1]}
    assert len(plan.objects) == len(platform[1])


@with_any(platforms())
@settings(max_examples=200, deadline=None)
def test_no_object_is_reached_without_passing_the_gate_of_the_wave_before(
    platform: tuple[list[Application], list[Manifest]],
) -> None:
    plan = planned(platform)
    before = ancestors(plan)
    for step in plan.steps:
        for wave in plan.waves:
            if wave < step.wave:
                assert f"wave-{wave}" in before[step.name]
    for gate in (step for step in plan.steps if isinstance(step, Gate) and not step.application):
        assert {item.name for item in plan.objects if item.wave <= gate.wave} <= before[gate.name]


@with_any(platforms())
@settings(max_examples=200, deadline=None)
def test_namespaces_and_crds_come_before_their_users(
    platform: tuple[list[Application], list[Manifest]],
) -> None:
    plan = planned(platform)
    before, names = ancestors(plan), {item.name for item in plan.objects}
    for item in plan.objects:
        if item.manifest.kind not in FOUNDATIONS:
            wanted = {f"Namespace:{item.manifest.key.namespace}"}
            if item.manifest.kind == "Foo":
                wanted.add("apiextensions.k8s.io/CustomResourceDefinition:foos.x.io")
            assert wanted & names <= before[item.name]


def ordinary(plan: Plan, application: str, wave: int) -> list[PlannedObject]:
    return [
        item
        for item in plan.objects
        if item.manifest.application == application
        and item.wave == wave
        and item.manifest.kind not in FOUNDATIONS
    ]


@with_any(platforms())
@settings(max_examples=200, deadline=None)
def test_sync_waves_and_dependencies_are_kept(platform: tuple[list[Application], list[Manifest]]) -> None:
    plan = planned(platform)
    before = ancestors(plan)
    for application in plan.applications:
        mine = ordinary(plan, application.name, application.wave)
        for item in mine:
            lower = {o.name for o in mine if sync_wave(o.manifest) < sync_wave(item.manifest)}
            assert lower <= before[item.name]
            for other in application.depends_on:
                assert {o.name for o in ordinary(plan, other, application.wave)} <= before[item.name]
