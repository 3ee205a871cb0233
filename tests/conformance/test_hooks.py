"""Hooks: which objects are, in which phase they run, when they are deleted, and what they do not count for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from components import hooks as engine_hooks
from components.hooks import HookRunner, stash_input
from gitops.cluster.client import Client
from gitops.cluster.connect import Connection
from gitops.cluster.discovery import Resource
from gitops.cluster.hooks import HookFailedError, run_hook
from gitops.cluster.survey import Survey
from gitops.delivery.selected import Selection
from gitops.drift.state import application_states
from gitops.model.errors import TimedOutError
from gitops.model.keys import APPLICATION_LABEL, HOOK_ANNOTATION, ObjectKey
from gitops.model.phase import DeletePolicy
from gitops.model.plan import Gate, Hook, PlannedObject
from tests.cluster.api_server import ApiServer, Asked, Reply, serving, status
from tests.conformance.row import cases, rule
from tests.conformance.stack import HOOK, WAVE, application, document, job, of_one, planned
from tests.waiting import result_of

if TYPE_CHECKING:
    from gitops.model.plan import Plan

POLICY, HELM, HELM_POLICY = (
    "argocd.argoproj.io/hook-delete-policy",
    "helm.sh/hook",
    "helm.sh/hook-delete-policy",
)
WEIGHT, COMPARE = "helm.sh/hook-weight", "argocd.argoproj.io/compare-options"
STAYS = document("ConfigMap", "stays")


@pytest.mark.parametrize(
    ("annotations", "phases"),
    cases(
        ("hooks.pre-sync", {HOOK: "PreSync"}, ["PreSync"]),
        ("hooks.sync", {HOOK: "Sync"}, ["Sync"]),
        ("hooks.post-sync", {HOOK: "PostSync"}, ["PostSync"]),
        ("hooks.sync-fail", {HOOK: "SyncFail"}, ["SyncFail"]),
        ("hooks.skip", {HOOK: "Skip"}, []),
        ("hooks.skip-beside", {HOOK: "Skip,PreSync"}, ["PreSync"]),
        ("hooks.post-delete", {HOOK: "PostDelete"}, ["PostDelete"]),
        ("hooks.pre-delete", {HOOK: "PreDelete"}, ["PreDelete"]),
        ("hooks.several", {HOOK: "PostSync, PreSync"}, ["PreSync", "PostSync"]),
        ("hooks.helm-pre-install", {HELM: "pre-install"}, ["PreSync"]),
        ("hooks.helm-pre-upgrade", {HELM: "pre-upgrade"}, ["PreSync"]),
        ("hooks.helm-post-install", {HELM: "post-install"}, ["PostSync"]),
        ("hooks.helm-post-upgrade", {HELM: "post-upgrade"}, ["PostSync"]),
        ("hooks.helm-pre-delete", {HELM: "pre-delete"}, ["PreDelete"]),
        ("hooks.helm-post-delete", {HELM: "post-delete"}, ["PostDelete"]),
        ("hooks.helm-several", {HELM: "post-install,pre-upgrade"}, ["PreSync", "PostSync"]),
        ("hooks.helm-unsupported", {HELM: "test"}, []),
        ("hooks.helm-unsupported", {HELM: "pre-rollback,post-rollback"}, []),
        ("hooks.helm-unsupported", {HELM: "test,post-install"}, ["PostSync"]),
        ("hooks.helm-ignored", {HOOK: "PostSync", HELM: "pre-install"}, ["PostSync"]),
        ("hooks.helm-ignored", {HOOK: "Skip", HELM: "pre-install"}, []),
        ("hooks.helm-crd-install", {HELM: "crd-install"}, None),
    ),
)
def test_the_phases_of_an_object(annotations: dict[str, str], phases: list[str] | None) -> None:
    """None stands for an object that is no hook."""
    plan = of_one(STAYS, job(**annotations)).plan
    assert [str(hook.phase) for hook in plan.hooks] == (phases or [])
    assert ("batch/Job:web/x" in {item.name for item in plan.objects}) is (phases is None)


@rule("hooks.unknown-type")
@pytest.mark.parametrize("annotations", [{HOOK: "presync"}, {HOOK: "PreSync,Whenever"}, {HELM: "before"}])
def test_a_phase_that_does_not_exist_is_an_error(annotations: dict[str, str]) -> None:
    found = planned({"argocd/web.yaml": application(), "apps/web/x.yaml": job(**annotations)})
    assert "there is no such phase" in found.problems[0]


@rule("hooks.helm-weight")
def test_a_hook_s_weight_is_its_wave() -> None:
    found = of_one(
        STAYS,
        job("late", **{HELM: "pre-install", WEIGHT: "5"}),
        job("early", **{HELM: "pre-install", WEIGHT: "-5"}),
    )
    assert found.follows("Job:web/late", "Job:web/early")


@rule("hooks.helm-upgrade")
def test_an_installation_is_an_upgrade() -> None:
    """Both run at every change: nothing remembers that the first one was an installation."""
    names = ("pre-install", "pre-upgrade")
    first, second = (
        of_one(document("ConfigMap", data={"v": v}), *(job(name, **{HELM: name}) for name in names))
        for v in "12"
    )
    for name in names:
        assert first.hook(name).trigger != second.hook(name).trigger


@pytest.mark.parametrize(
    ("annotations", "policies"),
    cases(
        ("hooks.policy-default", {}, {"BeforeHookCreation"}),
        ("hooks.policy-unknown", {POLICY: "Sometimes"}, {"BeforeHookCreation"}),
        ("hooks.policies", {POLICY: "HookSucceeded"}, {"HookSucceeded"}),
        ("hooks.policies", {POLICY: "HookFailed"}, {"HookFailed"}),
        ("hooks.policies", {POLICY: "BeforeHookCreation"}, {"BeforeHookCreation"}),
        ("hooks.policies", {POLICY: "HookFailed,HookSucceeded"}, {"HookFailed", "HookSucceeded"}),
        ("hooks.policies-helm", {HELM_POLICY: "hook-succeeded"}, {"HookSucceeded"}),
        ("hooks.policies-helm", {HELM_POLICY: "hook-failed"}, {"HookFailed"}),
        ("hooks.policies-helm", {HELM_POLICY: "before-hook-creation"}, {"BeforeHookCreation"}),
    ),
)
def test_the_delete_policies_of_a_hook(annotations: dict[str, str], policies: set[str]) -> None:
    found = of_one(STAYS, job(**{HOOK: "PreSync"}, **annotations)).hook("x").policies
    assert {str(policy) for policy in found} == policies


# What a hook does in a cluster


class Cluster:
    """An API server with one Job; its status is what is given, whenever it is read."""

    def __init__(
        self, condition: str | None, *, kind: str = "Job", exists: bool = False, **status_: Any
    ) -> None:
        conditions = [{"type": condition, "status": "True"}] if condition else []
        self.body = {
            "apiVersion": "batch/v1" if kind == "Job" else "v1", "kind": kind,
            "metadata": {"name": "x", "namespace": "web"}, "status": {"conditions": conditions, **status_},
        }  # fmt: skip
        self.exists = exists

    def __call__(self, asked: Asked) -> Reply:
        if asked.method == "PATCH":
            self.exists = True
        elif asked.method == "DELETE":
            existed, self.exists = self.exists, False
            return Reply(asked.body) if existed else status(404, "NotFound")
        elif asked.path.partition("?")[0].endswith("/pods"):
            return Reply({"kind": "PodList", "apiVersion": "v1", "items": []})
        return Reply(self.body) if self.exists else status(404, "NotFound")

    def find(self, _: str, kind: str) -> Resource:
        return Resource("", "v1", kind, f"{kind.lower()}s", namespaced=True)

    def run(self, *policies: DeletePolicy) -> ApiServer:
        with serving(self) as server:
            connection: Any = Connection(Client(server.access), self)  # type: ignore[arg-type]
            try:
                result_of(
                    run_hook(
                        connection, {k: v for k, v in self.body.items() if k != "status"}, policies, 0.05
                    )
                )
            finally:
                server.address = ""
            return server


BEFORE, SUCCEEDED, FAILED = DeletePolicy


class Step(NamedTuple):
    """What the engine says of a step that it calls back for."""

    name: str


def runner(plan: Plan) -> Any:
    return HookRunner(plan, None)  # type: ignore[arg-type]


@rule("order.hook-degraded")
def test_a_degraded_hook_has_failed() -> None:
    with pytest.raises(HookFailedError):
        Cluster("Failed").run()


@rule("order.hook-unknown")
def test_a_hook_of_unknown_health_has_failed() -> None:
    with pytest.raises(HookFailedError):
        Cluster(None, kind="PersistentVolumeClaim", phase="Odd").run()


@rule("order.hook-running")
@pytest.mark.parametrize("condition", ["Suspended", None])
def test_a_suspended_hook_still_runs(condition: str | None) -> None:
    with pytest.raises(TimedOutError):
        Cluster(condition).run()


@rule("hooks.before-creation")
def test_what_a_hook_made_before_is_deleted_before_it_is_made_again() -> None:
    methods = [asked.method for asked in Cluster("Complete", exists=True).run(BEFORE).asked]
    assert methods.index("DELETE") < methods.index("PATCH")
    assert "DELETE" not in [asked.method for asked in Cluster("Complete", exists=True).run(SUCCEEDED).asked]


@rule("hooks.failed-deleted")
def test_what_a_failed_hook_made_goes_only_when_its_policy_says_so() -> None:
    for policies, stays in (((FAILED,), False), ((BEFORE, SUCCEEDED), True)):
        cluster = Cluster("Failed")
        with pytest.raises(HookFailedError):
            cluster.run(*policies)
        assert cluster.exists is stays


@rule("hooks.succeeded-deleted")
def test_what_a_hook_made_goes_when_its_phase_has_succeeded(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = of_one(
        STAYS, job("gone", **{HOOK: "PreSync", POLICY: "HookSucceeded"}), job("kept", **{HOOK: "PreSync"}),
        job("other", **{HOOK: "PostSync", POLICY: "HookSucceeded"}),
    ).plan  # fmt: skip
    gates = {
        step.name: [h.manifest.key.name for h in step.hooks] for step in plan.steps if isinstance(step, Gate)
    }
    assert gates["application-web:PreSync"] == ["gone"]
    assert gates["application-web:PostSync"] == ["other"]
    deleted: list[str] = []

    async def note(_: Any, body: Any) -> None:
        deleted.append(body["metadata"]["name"])

    monkeypatch.setattr(engine_hooks, "delete_made", note)
    result_of(runner(plan)._run(Step("application-web:PreSync")))
    assert deleted == ["gone"]


@rule("hooks.generate-name")
def test_a_generated_name_is_of_revision_phase_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    generated = document(
        "Job", api="batch/v1", metadata={"generateName": "m-", "annotations": {HOOK: "PreSync"}}
    )
    plan = of_one(STAYS, generated.replace('"name": "x", ', "")).plan
    [hook] = plan.hooks
    monkeypatch.setattr(engine_hooks.time, "time", lambda: 1_700_000_000.9)
    named = runner(plan)._named(hook.manifest.body, hook.phase)
    assert named["metadata"]["name"] == f"m-{plan.revision[:7]}-presync-1700000000"


@rule("order.sync-fail")
def test_hooks_of_a_failure_run_when_an_object_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    async def note(_: Any, body: Any, *__: Any) -> None:
        ran.append(body["metadata"]["name"])

    monkeypatch.setattr(engine_hooks, "run_hook", note)
    plan = of_one(STAYS, job("page", **{HOOK: "SyncFail"})).plan
    result_of(runner(plan)._failed(Step("ConfigMap:web/stays")))
    assert ran == ["page"]


# When hooks run, and what they do not count for


def triggers(version: str, **more: Any) -> Any:
    return stash_input(
        of_one(document("ConfigMap", data={"v": version}), job(**{HOOK: "PreSync"}), **more).hook("x")
    )


@rule("hooks.every-sync")
def test_a_hook_runs_once_for_each_change_of_its_application() -> None:
    assert triggers("1") == triggers("1")
    assert triggers("1") != triggers("2")


@rule("hooks.self-heal")
def test_healing_runs_no_hook() -> None:
    """What decides is what Git states; nothing that lives goes into it."""
    assert triggers("1", syncPolicy={"automated": {"prune": True, "selfHeal": True}}) == triggers("1")


@rule("hooks.rollback")
def test_going_back_to_an_earlier_state_runs_the_hooks_of_that_state() -> None:
    now, before = triggers("2"), triggers("1")
    assert now != before


def live_of(found: Any) -> dict[ObjectKey, Any]:
    return {item.manifest.key: item.manifest.body for item in found.plan.objects}


def stray(name: str, **annotations: str) -> dict[ObjectKey, Any]:
    """An object of the application that Git no longer states."""
    metadata = {"name": name, "labels": {APPLICATION_LABEL: "web"}, "annotations": annotations}
    return {
        ObjectKey("", "ConfigMap", "web", name): {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata,
        }
    }


@rule("hooks.status")
def test_a_hook_counts_neither_for_sync_status_nor_for_health() -> None:
    found = of_one(STAYS, job(**{HOOK: "PreSync"}))
    for made in ({}, stray("made", **{HOOK_ANNOTATION: "batch/Job:web/x"})):
        [state] = application_states(found.plan, {**live_of(found), **made}, APPLICATION_LABEL)
        assert (state.sync, state.health.status, len(state.objects)) == ("Synced", "Healthy", 1)


@rule("hooks.skip-status")
def test_a_skipped_object_does_not_count() -> None:
    found = of_one(STAYS, document("ConfigMap", "skipped", of={HOOK: "Skip"}))
    [state] = application_states(found.plan, live_of(found), APPLICATION_LABEL)
    assert (state.sync, [item.key.name for item in state.objects]) == ("Synced", ["stays"])


@rule("hooks.ignore-extraneous")
def test_what_is_extraneous_on_purpose_counts_for_nothing_and_is_pruned_all_the_same() -> None:
    found = of_one(STAYS)
    for of, expected in (({}, "OutOfSync"), ({COMPARE: "IgnoreExtraneous"}, "Synced")):
        live = {**live_of(found), **stray("left", **of)}
        [state] = application_states(found.plan, live, APPLICATION_LABEL)
        assert state.sync == expected
        assert [key.name for key in Survey(live, {}).leaving(found.plan.keys)] == ["left"]


@rule("hooks.keep")
def test_helm_s_policy_to_keep_is_delete_false() -> None:
    by_helm, by_argo = (
        of_one(document("ConfigMap", of=of)).object("ConfigMap:web/x").options.delete
        for of in ({"helm.sh/resource-policy": "keep"}, {"argocd.argoproj.io/sync-options": "Delete=false"})
    )
    assert by_helm == by_argo == "false"


@rule("hooks.wave")
def test_hooks_of_a_phase_go_by_wave() -> None:
    found = of_one(
        STAYS, job("b", **{HOOK: "PostSync", WAVE: "1"}), job("a", **{HOOK: "PostSync", WAVE: "2"})
    )
    assert found.follows("Job:web/a", "Job:web/b")


@rule("hooks.selective")
def test_a_sync_of_chosen_objects_runs_no_hooks() -> None:
    found = of_one(STAYS, job("before", **{HOOK: "PreSync"}))
    whole, one = Selection(("web",)), Selection(("web",), (("configmap", "stays"),))
    hooks = [step for step in found.plan.steps if isinstance(step, Hook)]
    objects = [step for step in found.plan.steps if isinstance(step, PlannedObject)]
    assert [(whole.takes(step), one.takes(step)) for step in hooks] == [(True, False)]
    assert any(one.takes(step) for step in objects)
