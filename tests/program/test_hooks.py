from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from components import hooks
from components.hooks import END, FAILURE, REPLACEMENT, RUN, SHARING, HookRunner
from gitops.cluster.health import Health, Status
from gitops.model.errors import ConflictError, GitOpsError
from gitops.model.health_rule import HealthRule
from gitops.model.plan import PlannedObject
from tests import given
from tests.program.engine import inputs, plan_of, run
from tests.waiting import result_of

if TYPE_CHECKING:
    from gitops.model.manifest import Manifest
    from gitops.model.plan import Plan

HOOK, POLICY, WAVE = (f"argocd.argoproj.io/{name}" for name in ("hook", "hook-delete-policy", "sync-wave"))
ISTIO = "networking.istio.io/v1"
MIGRATE, GONE = "hook-PreSync:web/batch/Job:web/migrate", "hook-PostDelete:web/batch/Job:web/bye"


def hook(name: str, phase: str, kind: str = "Job", **more: Any) -> Manifest:
    api = "batch/v1" if kind == "Job" else "v1"
    annotations = {HOOK: phase, **more.pop("annotations", {})}
    return given.manifest(kind, name, api=api, annotations=annotations, **more)


def plan(*more: Manifest, **changes: Any) -> Plan:
    return plan_of([given.application(**changes)], given.manifest("ConfigMap"), *more)


def test_a_hook_is_a_stash_of_its_trigger_that_calls_back_when_it_is_made_or_changed() -> None:
    recorder, _ = run(plan(hook("migrate", "PreSync")))
    request = recorder.named(MIGRATE)
    assert request.type == "pulumi:index:Stash"
    assert request.parent == recorder.urn("web")
    assert (list(request.hooks.before_create), list(request.hooks.before_update)) == ([RUN], [RUN])
    assert not request.hooks.before_delete
    [value] = inputs(request).values()
    assert value == plan(hook("migrate", "PreSync")).hooks[0].trigger


RULE = HealthRule("v1", "ConfigMap", current="has(data)")


def test_a_check_of_health_is_a_stash_that_calls_back_when_its_object_or_rule_changes() -> None:
    recorder, _ = run(plan(health_rules=(RULE,)))
    request = recorder.named("health:ConfigMap:web/x")
    assert (request.type, request.parent) == ("pulumi:index:Stash", recorder.urn("web"))
    assert (list(request.hooks.before_create), list(request.hooks.before_update)) == ([RUN], [RUN])
    assert list(request.dependencies) == [recorder.urn("ConfigMap:web/x")]
    assert inputs(request)["input"].endswith(" has(data)")


def test_a_check_that_fails_fails_its_step_after_the_hooks_of_the_failure(
    cluster: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def wait_healthy(_: Any, manifest: Manifest, rules: Any, patience: float, *__: Any) -> None:
        await asyncio.sleep(0)
        raise GitOpsError(f"{manifest.key} {rules == [RULE]} {patience}")

    monkeypatch.setattr(hooks, "wait_healthy", wait_healthy)
    found = plan(hook("page", "SyncFail"), health_rules=(RULE,))
    with pytest.raises(GitOpsError, match=r"ConfigMap web/x True 300\.0"):
        result_of(runner(found)._run(Args("health:ConfigMap:web/x")))
    assert cluster == [("ran", "page")]


def test_a_rollout_that_waits_for_a_person_lets_what_comes_later_go_on_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []

    async def wait_healthy(*_: Any) -> Health:
        await asyncio.sleep(0)
        return Health(Status.SUSPENDED, "paused at step 1 of 2")

    monkeypatch.setattr(hooks, "wait_healthy", wait_healthy)
    monkeypatch.setattr(hooks.pulumi.log, "warn", said.append)
    found = plan(given.manifest("Rollout", "r", api="argoproj.io/v1alpha1"))
    result_of(runner(found)._run(Args("health:argoproj.io/Rollout:web/r")))
    assert said == ["Rollout web/r paused at step 1 of 2; what comes after it goes on"]


def test_what_a_rollout_writes_too_is_looked_at_again_before_git_s_change_of_it_is_applied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    canary = {"trafficRouting": {"istio": {"virtualService": {"name": "v"}}}}
    rollout = given.manifest(
        "Rollout", "r", api="argoproj.io/v1alpha1", spec={"strategy": {"canary": canary}}
    )
    route = {"destination": {"host": "a"}, "weight": 100}
    service = given.manifest("VirtualService", "v", api=ISTIO, spec={"http": [{"route": [route]}]})
    found = plan(rollout, service)
    name = "networking.istio.io/VirtualService:web/v"
    assert list(run(found)[0].named(name).hooks.before_update) == [SHARING]
    left = replace(found, steps=tuple(_leaving_routes(step) for step in found.steps))
    assert not run(left)[0].named(name).hooks.before_update

    live = {**service.body, "spec": {"http": [{"route": [{**route, "weight": 40}]}]}}
    monkeypatch.setattr(hooks, "read_live", lambda *_: live)
    with pytest.raises(ConflictError, match="was changed by its Rollout"):
        result_of(runner(found)._share(Args(name)))


def _leaving_routes(step: Any) -> Any:
    shared = isinstance(step, PlannedObject) and step.steering
    return replace(step, ignored=("/spec/http",)) if shared else step


def test_a_hook_of_every_sync_never_has_the_same_value_twice() -> None:
    every = plan(hook("migrate", "PreSync"), hooks_every_sync=True)
    one, other = (inputs(run(every)[0].named(MIGRATE)) for _ in range(2))
    assert one != other


def test_objects_of_an_application_without_hooks_call_nothing_back() -> None:
    recorder, _ = run(plan())
    assert not any(str(request.hooks) for request in recorder.requests)


def test_a_hook_of_the_end_keeps_its_object_and_calls_back_when_it_is_deleted() -> None:
    recorder, _ = run(plan(hook("bye", "PostDelete")))
    request = recorder.named(GONE)
    assert list(request.hooks.before_delete) == [END]
    assert not request.hooks.before_create
    kept = inputs(request)["input"]
    assert kept["manifest"]["metadata"]["name"] == "bye"
    assert kept["manifest"]["metadata"]["annotations"]["gitops.internal/hook"] == "batch/Job:web/bye"
    assert (kept["application"], kept["phase"], kept["policies"]) == (
        "web",
        "PostDelete",
        ["BeforeHookCreation"],
    )


def test_a_secret_that_is_kept_for_the_end_is_secret() -> None:
    recorder, _ = run(plan(hook("word", "PostDelete", "Secret", data={"a": "b"})))
    kept = inputs(recorder.named("hook-PostDelete:web/Secret:web/word"))["input"]
    assert set(kept["manifest"]) == {"4dabf18193072939515e22adb298388d", "value"}


def test_objects_are_seen_out_one_by_one_where_a_hook_waits_for_their_end() -> None:
    namespace = given.manifest("Namespace", "web", namespace="")
    recorder, _ = run(plan(namespace, hook("bye", "PostDelete")))
    assert recorder.named("ConfigMap:web/x").deletedWith == ""


def test_objects_call_back_when_they_fail_where_a_hook_waits_for_that() -> None:
    recorder, _ = run(plan(hook("page", "SyncFail")))
    assert list(recorder.named("ConfigMap:web/x").hooks.on_error) == [FAILURE]
    assert "page" not in {request.name for request in recorder.requests}


def test_an_object_that_replaces_calls_back_before_it_is_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []

    async def take_all_fields(_: Any, manifest: Manifest) -> None:
        await asyncio.sleep(0)
        taken.append(str(manifest.key))

    monkeypatch.setattr(hooks, "take_all_fields", take_all_fields)
    options = {"argocd.argoproj.io/sync-options": "Replace=true"}
    found = plan(given.manifest("Secret", annotations=options), hook("page", "SyncFail"))
    recorder, _ = run(found)
    binding = recorder.named("Secret:web/x").hooks
    assert (list(binding.before_create), list(binding.before_update)) == ([REPLACEMENT], [REPLACEMENT])
    assert list(binding.on_error) == [FAILURE]
    assert not recorder.named("ConfigMap:web/x").hooks.before_update
    result_of(runner(found)._replace(Args("Secret:web/x")))
    assert taken == ["Secret web/x"]


class Args:
    """What the engine says when it calls back."""

    def __init__(self, name: str, old_inputs: Any = None) -> None:
        self.name, self.old_inputs = name, old_inputs


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What was done in the cluster: `ran` or `deleted`, and the object's name."""
    done: list[tuple[str, str]] = []

    async def run_hook(_: Any, body: Any, *__: Any) -> None:
        await asyncio.sleep(0)
        done.append(("ran", body["metadata"]["name"]))
        if body["metadata"]["name"].startswith("bad"):
            raise GitOpsError("it failed")

    async def delete_made(_: Any, body: Any) -> None:
        await asyncio.sleep(0)
        done.append(("deleted", body["metadata"]["name"]))

    monkeypatch.setattr(hooks, "run_hook", run_hook)
    monkeypatch.setattr(hooks, "delete_made", delete_made)
    return done


def runner(plan: Plan) -> Any:
    return HookRunner(plan, None)  # type: ignore[arg-type]


def test_a_hook_that_fails_fails_its_step_after_the_hooks_of_the_failure(
    cluster: list[tuple[str, str]],
) -> None:
    told = runner(
        plan(hook("bad", "PreSync"), hook("page", "SyncFail", annotations={POLICY: "HookSucceeded"}))
    )
    with pytest.raises(GitOpsError, match="it failed"):
        result_of(told._run(Args("hook-PreSync:web/batch/Job:web/bad")))
    assert cluster == [("ran", "bad"), ("ran", "page"), ("deleted", "page")]


def test_hooks_of_a_failure_run_once_however_many_steps_fail(cluster: list[tuple[str, str]]) -> None:
    told = runner(plan(hook("page", "SyncFail"), given.manifest("ConfigMap", "y")))

    async def fail_both() -> list[bool]:
        return await asyncio.gather(*(told._failed(Args(f"ConfigMap:web/{name}")) for name in "xy"))

    assert result_of(fail_both()) == [False, False]
    assert cluster == [("ran", "page")]


def test_a_gate_deletes_what_its_hooks_made(cluster: list[tuple[str, str]]) -> None:
    told = runner(
        plan(hook("once", "PreSync", annotations={POLICY: "HookSucceeded"}), hook("stays", "PreSync"))
    )
    result_of(told._run(Args("application-web:PreSync")))
    assert cluster == [("deleted", "once")]


def end_of(name: str, application: str, policies: list[str]) -> Args:
    manifest = hook("bye", "PostDelete").body
    value = {
        "application": application,
        "manifest": manifest,
        "phase": "PostDelete",
        "policies": policies,
        "timeout": 9.0,
    }
    return Args(name, {"input": value})


def test_a_hook_of_the_end_runs_when_its_application_left_git(cluster: list[tuple[str, str]]) -> None:
    result_of(runner(plan())._end(end_of("hook-PostDelete:old/batch/Job:web/bye", "old", ["HookSucceeded"])))
    assert cluster == [("ran", "bye"), ("deleted", "bye")]


def test_a_hook_of_the_end_that_only_left_its_application_is_forgotten(
    cluster: list[tuple[str, str]],
) -> None:
    result_of(runner(plan())._end(end_of(GONE, "web", [])))
    assert cluster == []


def test_a_hook_of_the_end_runs_when_the_whole_stack_ends(cluster: list[tuple[str, str]]) -> None:
    result_of(runner(plan(hook("bye", "PostDelete")))._end(end_of(GONE, "web", [])))
    assert cluster == [("ran", "bye")]


def test_a_generated_name_is_made_of_revision_phase_and_time(
    cluster: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks.time, "time", lambda: 1700000000.5)
    generated = hook("x", "PreSync")
    metadata = {k: v for k, v in generated.body["metadata"].items() if k != "name"}
    manifest = type(generated)(
        {**generated.body, "metadata": {**metadata, "generateName": "migrate-"}}, generated.where, "web"
    )
    result_of(runner(plan(manifest))._run(Args("hook-PreSync:web/batch/Job:web/migrate-")))
    assert cluster == [("ran", f"migrate-{given.SHA[:7]}-presync-1700000000")]
