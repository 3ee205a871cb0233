from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitops.model.errors import Problems
from gitops.model.phase import DeletePolicy, Phase
from gitops.model.plan import Gate, Hook, Plan
from gitops.waves.phases import delete_policies, placed, trigger
from gitops.waves.plan import make_plan
from tests import given

if TYPE_CHECKING:
    from gitops.model.application import Application
    from gitops.model.manifest import Manifest

HOOK, POLICY, WAVE = (f"argocd.argoproj.io/{name}" for name in ("hook", "hook-delete-policy", "sync-wave"))
HELM, HELM_POLICY, WEIGHT = (f"helm.sh/{name}" for name in ("hook", "hook-delete-policy", "hook-weight"))
BEFORE, SUCCEEDED, FAILED = DeletePolicy


def job(name: str = "x", of: str = "web", **annotations: str) -> Manifest:
    return given.manifest("Job", name, of=of, api="batch/v1", annotations=annotations)


def plan_of(*manifests: Manifest, applications: list[Application] | None = None) -> Plan:
    problems = Problems()
    plan = make_plan("test", given.SHA, applications or [given.application("web")], manifests, problems)
    assert not problems.found
    return plan


def edges(plan: Plan) -> dict[str, tuple[str, ...]]:
    return {step.name: step.after for step in plan.steps}


@pytest.mark.parametrize(
    ("annotations", "phases"),
    [
        ({}, ["Sync"]),
        ({HOOK: "PreSync"}, ["PreSync"]),
        ({HOOK: "Sync"}, ["Sync"]),
        ({HOOK: "PostSync"}, ["PostSync"]),
        ({HOOK: "SyncFail"}, ["SyncFail"]),
        ({HOOK: "PreDelete"}, ["PreDelete"]),
        ({HOOK: "PostDelete"}, ["PostDelete"]),
        ({HOOK: "PostSync, PreSync"}, ["PreSync", "PostSync"]),
        ({HOOK: "PreSync,PreSync"}, ["PreSync"]),
        ({HOOK: "Skip"}, []),
        ({HOOK: "Skip,PreSync"}, ["PreSync"]),
        ({HELM: "pre-install"}, ["PreSync"]),
        ({HELM: "pre-upgrade"}, ["PreSync"]),
        ({HELM: "pre-install,pre-upgrade"}, ["PreSync"]),
        ({HELM: "post-install"}, ["PostSync"]),
        ({HELM: "post-upgrade"}, ["PostSync"]),
        ({HELM: "pre-delete"}, ["PreDelete"]),
        ({HELM: "post-delete"}, ["PostDelete"]),
        ({HELM: "pre-install, post-delete"}, ["PreSync", "PostDelete"]),
        ({HELM: "test"}, []),
        ({HELM: "test-success"}, []),
        ({HELM: "pre-rollback,post-rollback"}, []),
        ({HELM: "crd-install"}, ["Sync"]),
        ({HOOK: "PostSync", HELM: "pre-install"}, ["PostSync"]),
        ({HOOK: "Skip", HELM: "pre-install"}, []),
        ({HOOK: "", HELM: "pre-install"}, ["PreSync"]),
    ],
)
def test_an_object_s_phases_are_those_of_its_annotations(
    annotations: dict[str, str], phases: list[str]
) -> None:
    problems = Problems()
    assert [item.phase for item in placed([job(**annotations)], problems)] == phases
    assert not problems.found


@pytest.mark.parametrize(
    "annotations", [{HOOK: "presync"}, {HOOK: ""}, {HOOK: " , "}, {HELM: "pre-isntall"}, {HELM: ""}]
)
def test_a_phase_that_is_none_is_told_with_its_place(annotations: dict[str, str]) -> None:
    problems = Problems()
    placed([job(**annotations)], problems)
    [problem] = problems
    assert "there is no such phase" in str(problem)
    assert str(problem).startswith("web/x.yaml:1: Job web/x")


@pytest.mark.parametrize(
    ("annotations", "policies"),
    [
        ({}, {BEFORE}),
        ({POLICY: "HookSucceeded"}, {SUCCEEDED}),
        ({POLICY: "HookFailed,HookSucceeded"}, {FAILED, SUCCEEDED}),
        ({POLICY: "BeforeHookCreation"}, {BEFORE}),
        ({POLICY: "Whenever"}, {BEFORE}),
        ({HELM_POLICY: "hook-succeeded, before-hook-creation"}, {SUCCEEDED, BEFORE}),
        ({HELM_POLICY: "hook-failed"}, {FAILED}),
        ({POLICY: "HookFailed", HELM_POLICY: "hook-succeeded"}, {FAILED, SUCCEEDED}),
    ],
)
def test_delete_policies_are_both_tools_annotations(
    annotations: dict[str, str], policies: set[DeletePolicy]
) -> None:
    assert delete_policies(job(**annotations)) == policies


def test_phase_comes_before_wave_before_kind_before_name() -> None:
    ordered = [
        job("z", **{HOOK: "PreSync", WAVE: "-1"}),
        given.manifest("ConfigMap", "z", annotations={HOOK: "PreSync", WAVE: "3"}),
        job("a", **{HOOK: "PreSync", WAVE: "3"}),
        given.manifest("ConfigMap", "b", annotations={WAVE: "-5"}),
        given.manifest("ConfigMap", "a"),
        job("b", **{HOOK: "Sync"}),
        job("c", **{HOOK: "Sync"}),
        job("d", **{HOOK: "PostSync", WAVE: "-9"}),
    ]
    problems = Problems()
    assert [item.manifest for item in placed(reversed(ordered), problems)] == ordered


def test_phases_are_gated_and_a_wave_ends_with_the_last_of_them() -> None:
    plan = plan_of(
        job("migrate", **{HOOK: "PreSync"}),
        given.manifest("Deployment", api="apps/v1"),
        job("probe", **{HOOK: "PostSync"}),
    )
    assert edges(plan) == {
        "hook-PreSync:web/batch/Job:web/migrate": (),
        "application-web:PreSync": ("hook-PreSync:web/batch/Job:web/migrate",),
        "apps/Deployment:web/x": ("application-web:PreSync",),
        "application-web:Sync": ("apps/Deployment:web/x",),
        "hook-PostSync:web/batch/Job:web/probe": ("application-web:Sync",),
        "wave-20": (
            "hook-PreSync:web/batch/Job:web/migrate",
            "apps/Deployment:web/x",
            "hook-PostSync:web/batch/Job:web/probe",
        ),
    }


def test_waves_inside_a_phase_are_gated() -> None:
    plan = plan_of(
        job("a", **{HOOK: "PreSync", WAVE: "-2"}),
        job("b", **{HELM: "pre-install", WEIGHT: "5"}),
        given.manifest("ConfigMap"),
    )
    assert edges(plan)["hook-PreSync:web/batch/Job:web/b"] == ("application-web:PreSync:sync-wave--2",)
    assert edges(plan)["ConfigMap:web/x"] == ("application-web:PreSync",)


def test_a_sync_hook_goes_with_the_objects_of_its_wave() -> None:
    plan = plan_of(
        given.manifest("Secret"),
        job("load", **{HOOK: "Sync"}),
        given.manifest("Deployment", api="apps/v1", annotations={WAVE: "1"}),
    )
    assert edges(plan)["hook-Sync:web/batch/Job:web/load"] == ("Secret:web/x",)
    assert "hook-Sync:web/batch/Job:web/load" in edges(plan)["application-web:sync-wave-0"]


def test_a_hook_comes_after_its_namespace_and_what_its_pods_need() -> None:
    plan = plan_of(
        given.manifest("Namespace", "web", namespace=""),
        given.manifest("ServiceAccount", annotations={HOOK: "PreSync"}),
        job(**{HOOK: "PreSync"}),
    )
    assert edges(plan)["hook-PreSync:web/ServiceAccount:web/x"] == ("Namespace:web",)
    assert edges(plan)["hook-PreSync:web/batch/Job:web/x"] == (
        "Namespace:web",
        "hook-PreSync:web/ServiceAccount:web/x",
    )


def test_a_namespace_that_is_a_hook_comes_before_the_hooks_in_it() -> None:
    plan = plan_of(
        given.manifest("Namespace", "web", namespace="", annotations={HOOK: "PreSync"}),
        given.manifest("ConfigMap", annotations={HOOK: "PreSync"}),
    )
    assert edges(plan)["hook-PreSync:web/ConfigMap:web/x"] == ("hook-PreSync:web/Namespace:web",)


def test_a_namespace_takes_the_wave_of_the_first_hook_in_it() -> None:
    plan = plan_of(
        given.manifest("Namespace", "shared", of="late", namespace=""),
        given.manifest("Job", of="early", namespace="shared", api="batch/v1", annotations={HOOK: "PreSync"}),
        applications=[given.application("early", 1), given.application("late", 9)],
    )
    assert {item.name: item.wave for item in plan.objects} == {"Namespace:shared": 1}


def test_what_succeeded_hooks_made_goes_when_all_of_their_phase_have() -> None:
    plan = plan_of(
        given.manifest(
            "ServiceAccount", annotations={HELM: "pre-install", HELM_POLICY: "hook-succeeded", WEIGHT: "-5"}
        ),
        job("a", **{HELM: "pre-install"}),
        job("b", **{HOOK: "PostSync", POLICY: "HookSucceeded"}),
    )
    gates = {
        step.name: [hook.manifest.kind for hook in step.hooks]
        for step in plan.steps
        if isinstance(step, Gate)
    }
    assert gates == {
        "application-web:PreSync:sync-wave--5": [],
        "application-web:PreSync": ["ServiceAccount"],
        "application-web:PostSync": ["Job"],
        "wave-20": [],
    }
    assert "application-web:PostSync" in edges(plan)["wave-20"]


def test_hooks_of_the_end_stand_where_deletion_in_reverse_runs_them_in_order() -> None:
    plan = plan_of(
        given.manifest("Namespace", "web", namespace=""),
        given.manifest("ConfigMap"),
        job("before", **{HOOK: "PreDelete"}),
        job("after-1", **{HOOK: "PostDelete", WAVE: "1"}),
        job("after-2", **{HOOK: "PostDelete", WAVE: "2"}),
        given.manifest("ServiceAccount", annotations={HOOK: "PostDelete", WAVE: "2"}),
    )
    assert edges(plan) == {
        "Namespace:web": (),
        "hook-PostDelete:web/batch/Job:web/after-2": ("Namespace:web",),
        "hook-PostDelete:web/ServiceAccount:web/x": (
            "Namespace:web",
            "hook-PostDelete:web/batch/Job:web/after-2",
        ),
        "hook-PostDelete:web/batch/Job:web/after-1": ("Namespace:web", "hook-PostDelete:web/ServiceAccount:web/x"),
        "ConfigMap:web/x": ("Namespace:web", "hook-PostDelete:web/batch/Job:web/after-1"),
        "hook-PreDelete:web/batch/Job:web/before": (
            "ConfigMap:web/x",
            "Namespace:web",
            "hook-PostDelete:web/ServiceAccount:web/x",
            "hook-PostDelete:web/batch/Job:web/after-1",
            "hook-PostDelete:web/batch/Job:web/after-2",
        ),
        "wave-20": plan.steps[-1].after,
    }  # fmt: skip


def test_hooks_of_a_failure_are_no_steps_but_known() -> None:
    plan = plan_of(given.manifest("ConfigMap"), job("page", **{HOOK: "SyncFail"}))
    assert [hook.manifest.key.name for hook in plan.on_failure] == ["page"]
    assert "page" in {key.name for key in plan.keys}
    assert [step.name for step in plan.steps] == ["ConfigMap:web/x", "wave-20"]


def test_a_hook_in_two_phases_is_two_steps() -> None:
    plan = plan_of(job(**{HOOK: "PreSync,PostSync"}))
    assert [hook.phase for hook in plan.hooks] == [Phase.PRE_SYNC, Phase.POST_SYNC]


def test_an_application_that_depends_on_another_waits_for_its_hooks_too() -> None:
    plan = plan_of(
        given.manifest("ConfigMap", of="db"),
        job("seed", of="db", **{HOOK: "PostSync"}),
        given.manifest("ConfigMap", of="web"),
        applications=[given.application("db"), given.application("web", depends_on=("db",))],
    )
    assert "hook-PostSync:db/batch/Job:db/seed" in edges(plan)["application-db"]
    assert edges(plan)["ConfigMap:web/x"] == ("application-db",)


def hooks_trigger(*manifests: Manifest) -> str:
    return next(step.trigger for step in plan_of(*manifests).steps if isinstance(step, Hook))


def test_a_hook_s_trigger_changes_with_anything_of_its_application_and_nothing_else() -> None:
    migrate = job("migrate", **{HOOK: "PreSync"})
    first = hooks_trigger(migrate, given.manifest("ConfigMap", data={"a": "1"}))
    assert hooks_trigger(given.manifest("ConfigMap", data={"a": "1"}), migrate) == first
    assert hooks_trigger(migrate, given.manifest("ConfigMap", data={"a": "2"})) != first
    assert hooks_trigger(migrate) != first


def test_a_secret_s_values_are_not_in_the_trigger() -> None:
    one, other = (given.manifest("Secret", data={"a": value}, type="Opaque") for value in ("MQ==", "Mg=="))
    assert trigger([one]) == trigger([other])
    assert trigger([one]) != trigger([given.manifest("Secret", type="Other")])
