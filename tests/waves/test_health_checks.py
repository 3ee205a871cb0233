"""Rules of health of the repository's own become points of the plan that are waited for."""

from __future__ import annotations

from typing import Any

from gitops.model.errors import Problems
from gitops.model.health_rule import HealthRule
from gitops.model.plan import HealthCheck, Plan
from gitops.waves.plan import make_plan
from tests import given

RULE = HealthRule("v1", "ConfigMap", current="has(data.ready)")
WAVE = "argocd.argoproj.io/sync-wave"


def plan_of(*manifests: Any, rules: Any = (RULE,), **more: Any) -> Plan:
    applications = [given.application("web", 1, health_rules=rules, **more), given.application("late", 2)]
    found = make_plan("test", given.SHA, applications, manifests, problems := Problems())
    assert not problems.found
    return found


def checks(*manifests: Any, **more: Any) -> list[HealthCheck]:
    return [step for step in plan_of(*manifests, **more).steps if isinstance(step, HealthCheck)]


def test_a_check_stands_between_its_object_and_the_next_wave() -> None:
    plan = plan_of(given.manifest("ConfigMap"), given.manifest("ConfigMap", of="late"))
    assert {step.name: step.after for step in plan.steps} == {
        "ConfigMap:web/x": (),
        "health:ConfigMap:web/x": ("ConfigMap:web/x",),
        "wave-1": ("ConfigMap:web/x", "health:ConfigMap:web/x"),
        "ConfigMap:late/x": ("wave-1",),
        "wave-2": ("ConfigMap:late/x",),
    }
    [check] = [step for step in plan.steps if isinstance(step, HealthCheck)]
    assert (check.rule, check.timeout, check.manifest.application) == (RULE, 300.0, "web")


def test_it_stands_between_sync_waves_too() -> None:
    later = given.manifest("Service", annotations={WAVE: "1"})
    plan = plan_of(given.manifest("ConfigMap"), later)
    [gate] = [step for step in plan.steps if step.name == "application-web:sync-wave-0"]
    assert gate.after == ("ConfigMap:web/x", "health:ConfigMap:web/x")


def test_the_rule_takes_the_place_of_the_kind_s_own_wait_but_not_of_one_that_is_asked_for() -> None:
    rule = (HealthRule("apps/v1", "Deployment", current="true"),)
    asked = given.manifest(
        "Deployment", "y", api="apps/v1", annotations={"pulumi.com/waitFor": "condition=A"}
    )
    plan = plan_of(given.manifest("Deployment", api="apps/v1"), asked, rules=rule)
    assert [item.readiness.wait for item in plan.objects] == [False, True]
    assert len(plan.steps) - len(plan.objects) - len(plan.waves) == 2


def test_the_first_rule_about_a_kind_decides_whatever_the_version() -> None:
    other = HealthRule("example.test/v2", "Thing", current="false")
    first = HealthRule("example.test/v1beta1", "Thing", current="true")
    thing = given.manifest("Thing", api="example.test/v1")
    assert [check.rule for check in checks(thing, rules=(RULE, first, other))] == [first]
    assert checks(given.manifest("Thing", api="example.org/v1"), rules=(first,)) == []


def test_what_asks_not_to_be_judged_and_what_others_rest_on_is_not_checked() -> None:
    for annotation in ("argocd.argoproj.io/ignore-healthcheck", "pulumi.com/skipAwait"):
        assert checks(given.manifest("ConfigMap", annotations={annotation: "true"})) == []
    namespace = given.manifest("Namespace", "web", namespace="")
    assert checks(namespace, rules=(HealthRule("v1", "Namespace", current="false"),)) == []


def test_another_object_or_another_rule_is_waited_for_again() -> None:
    def trigger(rule: HealthRule = RULE, **body: Any) -> str:
        [check] = checks(given.manifest("ConfigMap", **body), rules=(rule,))
        return check.trigger

    assert trigger() == trigger()
    assert trigger(data={"a": "b"}) != trigger()
    assert trigger(HealthRule("v1", "ConfigMap", current="true")) != trigger()


def test_a_check_goes_with_its_object() -> None:
    plan = plan_of(given.manifest("ConfigMap"), given.manifest("ConfigMap", "y"))
    [one, _] = [item.manifest.key for item in plan.objects]
    rest = plan.without([one])
    assert [step.name for step in rest.steps] == [
        "ConfigMap:web/y",
        "health:ConfigMap:web/y",
        "wave-1",
        "wave-2",
    ]
    assert rest.steps[2].after == ("ConfigMap:web/y", "health:ConfigMap:web/y")


ROLLOUT = given.manifest("Rollout", api="argoproj.io/v1alpha1", spec={"strategy": {"canary": {}}})


def test_a_rollout_is_waited_for_by_the_built_in_rule_with_its_own_time() -> None:
    [check] = checks(ROLLOUT, rules=(), rollout_timeout=7.0)
    assert (check.rule, check.timeout, check.after) == (None, 7.0, ("argoproj.io/Rollout:web/x",))
    ignored = {"argocd.argoproj.io/ignore-healthcheck": "true"}
    assert checks(given.manifest("Rollout", api="argoproj.io/v1alpha1", annotations=ignored), rules=()) == []


def test_a_change_of_the_workload_whose_pods_a_rollout_takes_over_is_waited_for_too() -> None:
    taking = given.manifest("Rollout", api="argoproj.io/v1alpha1", spec={"workloadRef": {"name": "main"}})
    [first], [second] = (
        checks(taking, given.manifest("Deployment", "main", api="apps/v1", spec={"paused": paused}), rules=())
        for paused in (True, False)
    )
    assert first.trigger != second.trigger
    assert first.after == ("argoproj.io/Rollout:web/x", "apps/Deployment:web/main")


def member(name: str, of: str = "web", group: str = "shop") -> Any:
    annotations = {"gitops.internal/rollout-group": group}
    return given.manifest("Rollout", name, of=of, api="argoproj.io/v1alpha1", annotations=annotations)


def test_rollouts_of_a_group_are_waited_for_with_the_others_of_it() -> None:
    found = checks(member("a"), member("b"), member("c", group="other"), ROLLOUT, rules=())
    assert {check.manifest.key.name: [o.key.name for o in check.group] for check in found} == {
        "a": ["b"], "b": ["a"], "c": [], "x": [],
    }  # fmt: skip


def test_a_group_over_several_waves_is_refused_since_the_first_would_wait_for_the_last() -> None:
    applications = [given.application("web", 1), given.application("late", 2)]
    make_plan("test", given.SHA, applications, [member("a"), member("b", of="late")], problems := Problems())
    [problem] = problems
    assert (
        problem.what
        == "Rollout web/a would wait for ever for Rollout late/b of its group, which is of a later wave"
    )
    assert problem.applications == ("web", "late")
