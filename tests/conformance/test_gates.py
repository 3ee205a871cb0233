"""The course of a sync: what is checked before it, what its waves wait for, and how it ends."""

from __future__ import annotations

import json
from typing import Any

from components.hooks import REPLACEMENT, object_hooks
from components.objects import object_request
from gitops.cluster.ownership import handed_over
from gitops.delivery.outcome import outcomes
from gitops.drift.state import OUT_OF_SYNC, SYNCED, application_states
from gitops.drift.unowned import unowned
from gitops.engine.diagnostics import Failure
from gitops.model.errors import Problem
from gitops.model.health_rule import HealthRule
from gitops.model.keys import APPLICATION_LABEL, FIELD_MANAGER, ObjectKey
from gitops.model.partial import LeftOut
from sandbox.provider.readiness import rule as readiness_rule
from tests.conformance.row import rule
from tests.conformance.stack import (
    CRD,
    HOOK,
    OPTIONS,
    THING,
    WAVE,
    application,
    deployment,
    document,
    job,
    of_one,
    planned,
)


def namespaced(*options: str) -> dict[str, object]:
    return {"automated": {}, "syncOptions": list(options)}


@rule("order.create-namespace")
def test_a_namespace_that_is_asked_for_comes_before_every_phase() -> None:
    documents = job("h", **{HOOK: "PreSync", WAVE: "-5"}), document("ConfigMap")
    found = of_one(*documents, syncPolicy=namespaced("CreateNamespace=true"))
    assert found.follows("Job:web/h", "Namespace:web")
    assert found.follows("ConfigMap:web/x", "Namespace:web")
    assert of_one(*documents, syncPolicy=namespaced()).steps == [
        "hook-PreSync:web/batch/Job:web/h",
        "ConfigMap:web/x",
    ]


@rule("order.dry-run")
def test_everything_is_checked_before_anything_is_planned() -> None:
    files = {f"apps/{name}/x.yaml": document("ConfigMap", name) for name in "abc"}
    wrong = {"apps/a/bad.yaml": "kind: [", "apps/b/bad.yaml": document("Thing", api="nobody.test/v1")}
    found = planned({"argocd/all.yaml": "\n---\n".join(map(application, "abc")), **files, **wrong})
    assert len(found.problems) == 2
    assert found.plan.steps == ()


@rule("order.dry-run-unknown")
def test_a_kind_that_nobody_defines_is_refused() -> None:
    found = planned({"argocd/web.yaml": application(), "apps/web/x.yaml": THING})
    assert "kind Thing of example.test/v1 is unknown" in found.problems[0]


@rule("order.dry-run-with-crd")
def test_a_kind_that_the_same_sync_defines_is_accepted_in_any_application() -> None:
    assert of_one(THING, CRD).steps[-1] == "example.test/Thing:web/t"
    apart = {
        "argocd/all.yaml": "\n---\n".join(map(application, "ab")),
        "apps/a/x.yaml": THING,
        "apps/b/x.yaml": CRD,
    }
    assert planned(apart).problems == ()


@rule("order.dry-run-skipped")
def test_a_kind_that_is_to_come_later_is_accepted_when_asked() -> None:
    asking = document("Thing", "t", "example.test/v1", of={OPTIONS: "SkipDryRunOnMissingResource=true"})
    assert of_one(asking).steps == ["example.test/Thing:web/t"]
    assert of_one(THING, syncPolicy=namespaced("SkipDryRunOnMissingResource=true")).steps


@rule("order.waves-ascend")
def test_waves_follow_one_another_from_the_lowest() -> None:
    found = of_one(*(document("ConfigMap", f"w{n}", of={WAVE: n}) for n in ("10", "-1", "2")))
    assert found.follows("ConfigMap:web/w10", "ConfigMap:web/w2")
    assert found.follows("ConfigMap:web/w2", "ConfigMap:web/w-1")


@rule("order.wave-delay")
def test_nothing_stands_between_two_waves_but_what_the_second_waits_for() -> None:
    found = of_one(document("ConfigMap"), document("ConfigMap", "y", of={WAVE: "1"}))
    gates = [step for step in found.plan.steps if step.name.startswith("application-")]
    assert [(gate.name, gate.after) for gate in gates] == [
        ("application-web:sync-wave-0", ("ConfigMap:web/x",))
    ]


@rule("order.crd-established")
def test_a_definition_has_the_application_s_time_to_be_established() -> None:
    [definition] = [item for item in of_one(CRD, THING).plan.objects if "Definition" in item.name]
    assert (definition.readiness.condition, definition.readiness.timeout) == ("condition=Established", 300.0)


@rule("order.replace")
def test_what_replaces_takes_all_fields_before_it_is_applied() -> None:
    for option, taken in (("Replace=true", [REPLACEMENT]), ("Replace=false", [])):
        hooks = object_hooks(
            of_one(document("ConfigMap", of={OPTIONS: option})).plan.objects[0], failing=False
        )
        assert list(hooks.before_update if hooks else ()) == taken
    live = {"apiVersion": "v1", "metadata": {"managedFields": [
        {"manager": manager, "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:data": {f"f:{key}": {}}}}
        for manager, key in (("kubectl", "a"), ("tuner", "b"))
    ]}}  # fmt: skip
    entries = handed_over(live, lambda _: True, FIELD_MANAGER)
    assert [(e["manager"], e["fieldsV1"]) for e in entries or ()] == [
        ("gitops", {"f:data": {"f:a": {}, "f:b": {}}})
    ]


@rule("order.replace-force")
def test_what_replaces_by_force_is_deleted_and_made_anew() -> None:
    [item] = of_one(document("ConfigMap", of={OPTIONS: "Replace=true,Force=true"}, data={})).plan.objects
    request = object_request(item, "", "", [], deleted_with="", prune=True)
    assert (list(request.replaceOnChanges), request.deleteBeforeReplace) == (["data"], True)
    assert object_hooks(item, failing=False) is None


@rule("order.gate-no-check")
def test_what_has_no_health_is_not_waited_for() -> None:
    found = of_one(
        *(document(kind, f"{kind.lower()}") for kind in ("ConfigMap", "Secret", "ServiceAccount")), CRD, THING
    )
    waits = {item.manifest.kind for item in found.plan.objects if item.readiness.wait}
    assert waits == {"CustomResourceDefinition"}


@rule("order.gate-kinds")
def test_what_may_need_what_comes_later_is_waited_for_where_that_is_asked_for() -> None:
    kinds = {
        "PersistentVolumeClaim": "v1",
        "Pod": "v1",
        "Rollout": "argoproj.io/v1alpha1",
        "Certificate": "cert-manager.io/v1",
        "Deployment": "apps/v1",
        "Ingress": "networking.k8s.io/v1",
    }
    skip = {OPTIONS: "SkipDryRunOnMissingResource=true"}
    documents = [document(kind, "x", api, of=skip) for kind, api in kinds.items()]
    waits = {item.manifest.kind for item in of_one(*documents).plan.objects if item.readiness.wait}
    assert waits == {"Deployment", "Ingress"}
    asked = document("Rollout", "x", kinds["Rollout"], of={**skip, "pulumi.com/waitFor": "condition=Healthy"})
    assert of_one(asked).plan.objects[0].readiness.wait
    own = HealthRule(kinds["Certificate"], "Certificate", current="has(status.notAfter)")
    assert "health:cert-manager.io/Certificate:web/x" in of_one(documents[3], rules=(own,)).steps


@rule("order.gate-healthy")
def test_a_wave_opens_when_the_one_before_is_healthy() -> None:
    found = of_one(deployment(), document("ConfigMap", of={WAVE: "1"}))
    assert found.object("apps/Deployment:web/x").readiness.wait
    assert found.follows("ConfigMap:web/x", "Deployment:web/x")


@rule("order.gate-degraded")
def test_a_failure_holds_what_comes_later_and_fails_its_application() -> None:
    found = ended()
    assert (found["db"].result, found["web"].result) == ("Failed", "Waiting")


@rule("order.gate-degraded")
def test_a_deployment_past_its_deadline_is_a_failure_not_a_wait() -> None:
    body = json.loads(deployment())
    late = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
    check = readiness_rule(body)
    assert check is not None
    assert check({**body, "status": {"conditions": [late]}}).failed
    assert not check({**body, "status": {}}).failed


@rule("order.gate-own-rule")
def test_a_rule_of_one_s_own_holds_a_wave() -> None:
    own = HealthRule("example.test/v1", "Thing", current="has(status.ready)")
    found = of_one(CRD, THING, document("ConfigMap", of={WAVE: "1"}), rules=(own,))
    assert found.follows("ConfigMap:web/x", "health:example.test/Thing:web/t")
    assert found.follows("health:example.test/Thing:web/t", "CustomResourceDefinition:things.example.test")
    failure = Failure("pulumi:index:Stash", "health:example.test/Thing:web/t", "it is degraded")
    [web] = outcomes(found.plan, (), [failure])
    assert (web.result, web.problems[0].what) == ("Failed", "Thing web/t: it is degraded")


@rule("order.gate-time")
def test_a_wait_ends_in_five_minutes() -> None:
    assert of_one(deployment()).object("apps/Deployment:web/x").readiness.timeout == 300.0


@rule("order.gate-one-wave")
def test_the_only_wave_is_waited_for_too() -> None:
    found = of_one(deployment())
    assert found.object("apps/Deployment:web/x").readiness.wait
    assert found.plan.steps[-1].after == ("apps/Deployment:web/x",)


@rule("order.every-task")
def test_to_apply_what_changed_only_is_no_choice() -> None:
    asked = of_one(deployment(), syncPolicy=namespaced("ApplyOutOfSyncOnly=true")).object(
        "apps/Deployment:web/x"
    )
    plain = of_one(deployment(), syncPolicy=namespaced()).object("apps/Deployment:web/x")
    requests = [object_request(item, "", "", [], deleted_with="", prune=True) for item in (asked, plain)]
    trees = [dict(item.manifest.body["metadata"]["annotations"]) for item in (asked, plain)]
    assert trees[0] == trees[1]
    assert requests[0] == requests[1]


def ended() -> dict[str, Any]:
    """How applications end of which one fails, one comes after it, one stands beside it and one is broken."""
    waves = {"db": "1", "beside": "1", "web": "2"}
    found = planned({
        "argocd/all.yaml": "\n---\n".join(application(name, of={WAVE: wave}) for name, wave in waves.items()),
        **{f"apps/{name}/x.yaml": document("ConfigMap") for name in waves},
    })  # fmt: skip
    failure = Failure("kubernetes:core/v1:ConfigMap", "ConfigMap:db/x", "it was refused")
    broken = LeftOut("bad", (Problem("can't be read"),))
    return {one.name: one for one in outcomes(found.plan, [broken], [failure])}


@rule("order.results")
def test_an_application_is_synced_failed_waiting_or_left_out() -> None:
    results = {name: one.result for name, one in ended().items()}
    assert results == {"db": "Failed", "beside": "Synced", "web": "Waiting", "bad": "LeftOut"}


@rule("order.conditions")
def test_what_goes_wrong_is_told_with_its_object_place_and_next_step() -> None:
    [problem] = ended()["db"].problems
    assert problem.what == "ConfigMap db/x: it was refused"
    assert str(problem.where).startswith("apps/db/x.yaml")
    assert problem.next_step


@rule("order.statuses")
def test_an_application_is_synced_or_out_of_sync() -> None:
    plan = of_one(document("ConfigMap", data={"a": "b"})).plan
    [item] = plan.objects
    for data, expected in (({"a": "b"}, SYNCED), ({"a": "c"}, OUT_OF_SYNC)):
        live = {item.manifest.key: {**item.manifest.body, "data": data}}
        assert [state.sync for state in application_states(plan, live, APPLICATION_LABEL)] == [expected]
    assert [state.sync for state in application_states(plan, {}, APPLICATION_LABEL)] == [OUT_OF_SYNC]


@rule("order.invalid-spec")
def test_a_wrong_application_is_told_and_nothing_of_it_is_planned() -> None:
    found = planned(
        {"argocd/web.yaml": application(destination={}), "apps/web/x.yaml": document("ConfigMap")}
    )
    assert found.applications == {}
    assert "states neither server nor name" in found.problems[0]


@rule("order.repeated-resource")
def test_an_object_that_one_source_states_twice_is_an_error() -> None:
    found = planned(
        {
            "argocd/w.yaml": application(),
            "apps/web/a.yaml": document("Secret"),
            "apps/web/b.yaml": document("Secret"),
        }
    )
    assert "is already stated at apps/web/a.yaml" in found.problems[0]


@rule("order.shared-resource")
def test_an_object_of_two_applications_is_an_error_of_both() -> None:
    shared = document("ConfigMap", metadata={"namespace": "one"})
    apps = {"argocd/all.yaml": "\n---\n".join(map(application, "ab"))}
    found = planned({**apps, "apps/a/x.yaml": shared, "apps/b/x.yaml": shared})
    assert "ConfigMap one/x is already stated at apps/a/x.yaml" in found.problems[0]


def of_project(orphans: Any) -> Any:
    """The application `web` of a project with these `orphanedResources`."""
    rules = {"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}]}
    found = planned({
        "argocd/p.yaml": document("AppProject", "team", "argoproj.io/v1alpha1", spec={**rules, **orphans}),
        "argocd/web.yaml": application(project="team"), "apps/web/x.yaml": document("ConfigMap"),
    })  # fmt: skip
    assert found.problems == ()
    return found.applications["web"], found.plan.keys


def strangers(orphans: Any, *keys: str) -> list[str]:
    application, wanted = of_project(orphans)
    live = {ObjectKey.of(key): {"metadata": {}} for key in (*keys, *(key.resource_name for key in wanted))}
    return [key.resource_name for key in unowned(application, wanted, live)]


@rule("order.orphaned-resource")
def test_what_nobody_states_in_an_application_s_namespace_is_told_where_its_project_asks() -> None:
    live = ("ConfigMap:web/stray", "apps/Deployment:web/x", "ConfigMap:other/stray", "Namespace:web")
    asked = {"orphanedResources": {"warn": True}}
    assert strangers(asked, *live) == ["ConfigMap:web/stray", "apps/Deployment:web/x"]
    assert strangers({"orphanedResources": {"warn": False}}, *live) == []
    assert strangers({}, *live) == []


@rule("order.orphaned-ignored")
def test_what_a_project_ignores_or_every_namespace_has_is_not_told() -> None:
    live = (
        "ConfigMap:web/kube-root-ca.crt",
        "ServiceAccount:web/default",
        "ConfigMap:web/a-1",
        "batch/Job:web/a-1",
    )
    ignored = {"orphanedResources": {"ignore": [{"group": "", "kind": "ConfigMap", "name": "a-*"}]}}
    assert strangers(ignored, *live) == ["batch/Job:web/a-1"]
    assert strangers({"orphanedResources": {"ignore": [{"group": "*"}]}}, *live) == []
