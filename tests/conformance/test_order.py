"""The order inside a sync: phases, waves, kinds, and what waits for what."""

from __future__ import annotations

from itertools import pairwise

import pytest

from gitops.delivery.outcome import outcomes
from gitops.drift.state import OUT_OF_SYNC, SYNCED, application_states
from gitops.engine.diagnostics import Failure
from gitops.model.keys import APPLICATION_LABEL
from gitops.model.synced import FAILED, LEFT_OUT, WAITING
from gitops.model.synced import SYNCED as DONE
from tests import given
from components.objects import object_request
from gitops.waves.order import sort_key
from tests.conformance.row import cases, rule
from tests.conformance.stack import HOOK, OPTIONS, WAVE, application, document, job, of_one, planned

WEIGHT = "helm.sh/hook-weight"
KINDS = """
Namespace NetworkPolicy ResourceQuota LimitRange PodSecurityPolicy PodDisruptionBudget ServiceAccount Secret
SecretList ConfigMap StorageClass PersistentVolume PersistentVolumeClaim CustomResourceDefinition ClusterRole
ClusterRoleList ClusterRoleBinding ClusterRoleBindingList Role RoleList RoleBinding RoleBindingList Service DaemonSet
Pod ReplicationController ReplicaSet Deployment HorizontalPodAutoscaler StatefulSet Job CronJob IngressClass Ingress
APIService Other
""".split()

CRD = document(
    "CustomResourceDefinition", "things.example.test", "apiextensions.k8s.io/v1",
    spec={"group": "example.test", "names": {"kind": "Thing"}, "scope": "Namespaced"},
)  # fmt: skip
THING = document("Thing", "t", "example.test/v1")


def deployment(name: str = "x", **of: str) -> str:
    return document("Deployment", name, "apps/v1", of=of, spec={})


@rule("order.phases")
def test_a_phase_waits_for_the_one_before() -> None:
    found = of_one(job("a", **{HOOK: "PostSync"}), document("ConfigMap"), job("z", **{HOOK: "PreSync"}))
    assert found.follows("ConfigMap:web/x", "Job:web/z")
    assert found.follows("Job:web/a", "ConfigMap:web/x")


@rule("order.sync-fail-apart")
def test_hooks_of_a_failure_are_no_part_of_the_order() -> None:
    found = of_one(document("ConfigMap"), job("page", **{HOOK: "SyncFail"}))
    assert found.steps == ["ConfigMap:web/x"]
    assert [hook.manifest.key.name for hook in found.plan.on_failure] == ["page"]


@rule("order.phase-before-wave")
def test_phase_counts_before_wave() -> None:
    found = of_one(
        job("late", **{HOOK: "PreSync", WAVE: "9"}), document("ConfigMap", of={WAVE: "-9"}),
        job("early", **{HOOK: "PostSync", WAVE: "-99"}),
    )  # fmt: skip
    assert found.follows("ConfigMap:web/x", "Job:web/late")
    assert found.follows("Job:web/early", "ConfigMap:web/x")


@rule("order.wave-before-kind")
def test_wave_counts_before_kind() -> None:
    found = of_one(document("Secret", of={WAVE: "1"}), deployment())
    assert found.follows("Secret:web/x", "Deployment:web/x")


@rule("order.kind-before-name")
def test_kind_counts_before_name() -> None:
    assert of_one(document("Service", "a"), document("ConfigMap", "z")).steps == ["ConfigMap:web/z", "Service:web/a"]


@rule("order.names")
def test_names_are_compared_as_plain_text() -> None:
    found = of_one(*(document("ConfigMap", name) for name in ("x2", "x10", "x-1", "X3")))
    assert found.steps == [f"ConfigMap:web/{name}" for name in ("X3", "x-1", "x10", "x2")]


@rule("order.ties")
def test_equal_names_are_put_in_order_by_namespace_and_group() -> None:
    documents = [
        document("Thing", api="a.test/v1", of={OPTIONS: "SkipDryRunOnMissingResource=true"}),
        document("Thing", api="b.test/v1", of={OPTIONS: "SkipDryRunOnMissingResource=true"}),
        document("ConfigMap", metadata={"namespace": "n"}),
        document("ConfigMap", metadata={"namespace": "m"}),
    ]
    expected = ["ConfigMap:m/x", "ConfigMap:n/x", "a.test/Thing:web/x", "b.test/Thing:web/x"]
    assert of_one(*documents).steps == of_one(*reversed(documents)).steps == expected


@rule("order.kinds")
@pytest.mark.parametrize(("first", "second"), list(pairwise(KINDS)))
def test_each_kind_has_its_place(first: str, second: str) -> None:
    one, other = given.manifest(first, "z"), given.manifest(second, "a")
    assert sort_key(one) < sort_key(other)


@rule("order.kinds-unlisted")
def test_unlisted_kinds_share_the_last_place() -> None:
    found = of_one(
        document("PriorityClass", "b", "scheduling.k8s.io/v1"), CRD, document("Thing", "a", "example.test/v1"),
        document("Thing", "c", "example.test/v1"), document("APIService", "z", "apiregistration.k8s.io/v1"),
    )  # fmt: skip
    names = [name.rpartition("/")[2].rpartition(":")[2] for name in found.steps]
    assert names == ["things.example.test", "z", "a", "b", "c"]


@rule("order.kind-groups")
def test_workloads_alone_wait_for_kinds_before_theirs() -> None:
    found = of_one(document("ConfigMap"), document("Service"), deployment(), document("Ingress", api="networking.k8s.io/v1"))
    assert found.follows("Deployment:web/x", "ConfigMap:web/x")
    for free in ("Service:web/x", "Ingress:web/x"):
        assert found.object(free if free[0] == "S" else f"networking.k8s.io/{free}").after == ()


NAMESPACE = document("Namespace", "shared")


@rule("order.namespace-first")
def test_a_namespace_comes_before_what_lives_in_it() -> None:
    found = of_one(document("NetworkPolicy", api="networking.k8s.io/v1", metadata={"namespace": "shared"}), NAMESPACE)
    assert found.follows("NetworkPolicy:shared/x", "Namespace:shared")


@rule("order.namespace-wave")
def test_a_namespace_takes_the_wave_of_its_first_user() -> None:
    user = document("ConfigMap", of={WAVE: "-2"}, metadata={"namespace": "shared"})
    late = document("Namespace", "shared", of={WAVE: "5"})
    assert of_one(user, late).follows("ConfigMap:shared/x", "Namespace:shared")
    apart = planned({
        "argocd/all.yaml": "\n---\n".join([application("early", of={WAVE: "-3"}), application("late", of={WAVE: "7"})]),
        "apps/early/x.yaml": user, "apps/late/x.yaml": late,
    })  # fmt: skip
    assert apart.object("Namespace:shared").wave == -3


@rule("order.namespace-phase")
def test_a_namespace_comes_before_the_hooks_in_it() -> None:
    found = of_one(document("Job", "h", "batch/v1", of={HOOK: "PreSync"}, metadata={"namespace": "shared"}), NAMESPACE)
    assert found.follows("Job:shared/h", "Namespace:shared")


@rule("order.foundations-unused")
def test_a_namespace_or_crd_that_nothing_needs_opens_its_application_whatever_its_own_wave() -> None:
    found = of_one(document("ConfigMap"), document("Namespace", "later", of={WAVE: "5"}), CRD)
    assert found.object("Namespace:later").after == ()
    assert {name.rpartition(":")[2] for name in found.steps[:2]} == {"later", "things.example.test"}


@rule("order.crd-first")
def test_a_definition_comes_before_the_first_object_of_its_kind() -> None:
    assert of_one(THING, CRD).follows("Thing:web/t", "things.example.test")


@rule("order.crd-wave")
def test_a_definition_takes_the_wave_of_the_first_object_of_its_kind() -> None:
    found = planned({
        "argocd/all.yaml": "\n---\n".join([application("early", of={WAVE: "1"}), application("late", of={WAVE: "2"})]),
        "apps/early/x.yaml": THING, "apps/late/x.yaml": CRD,
    })  # fmt: skip
    [definition] = [item for item in found.plan.objects if item.manifest.kind == "CustomResourceDefinition"]
    assert definition.wave == 1
    assert found.follows("Thing:early/t", "things.example.test")


@rule("order.crd-by-kind")
def test_a_definition_is_of_a_group_and_kind_in_any_version() -> None:
    found = of_one(
        CRD, document("Thing", "newer", "example.test/v2beta1"),
        document("Thing", "other", "other.test/v1", of={OPTIONS: "SkipDryRunOnMissingResource=true"}),
    )  # fmt: skip
    assert found.follows("Thing:web/newer", "things.example.test")
    assert not found.follows("Thing:web/other", "things.example.test")


@pytest.mark.parametrize(
    ("annotations", "wave"),
    cases(
        ("order.wave", {WAVE: "7"}, 7),
        ("order.wave", {WAVE: "+7", WEIGHT: "3"}, 7),
        ("order.wave-negative", {WAVE: "-7"}, -7),
        ("order.wave-weight", {WEIGHT: "3"}, 3),
        ("order.wave-weight", {WEIGHT: "-3"}, -3),
        ("order.wave-unreadable", {WAVE: "soon", WEIGHT: "3"}, 3),
        ("order.wave-unreadable", {WAVE: "", WEIGHT: "3"}, 3),
        ("order.wave-unreadable", {WAVE: "1.5"}, 0),
        ("order.wave-default", {}, 0),
        ("order.wave-default", {WEIGHT: "heavy"}, 0),
        ("order.wave-digits", {WAVE: " 5"}, 0),
        ("order.wave-digits", {WAVE: "1_0", WEIGHT: "2"}, 2),
        ("order.wave-digits", {WAVE: "٣"}, 0),
        ("order.wave-digits", {WAVE: "9" * 30}, 0),
    ),
)
def test_an_object_s_wave(annotations: dict[str, str], wave: int) -> None:
    """Between two neighbors, in front of which and behind which it has to be."""
    before, after = (document("ConfigMap", f"n{n}", of={WAVE: str(n)}) for n in (wave - 1, wave + 1))
    beside = document("ConfigMap", "beside", of={WAVE: str(wave)})
    found = of_one(document("ConfigMap", of=annotations), before, beside, after)
    assert found.follows("ConfigMap:web/x", f"ConfigMap:web/n{wave - 1}")
    assert found.follows(f"ConfigMap:web/n{wave + 1}", "ConfigMap:web/x")
    assert not found.follows("ConfigMap:web/x", "beside")


def namespaced(*options: str) -> dict[str, object]:
    return {"automated": {}, "syncOptions": list(options)}


@rule("order.create-namespace")
def test_a_namespace_that_is_asked_for_comes_before_every_phase() -> None:
    documents = job("h", **{HOOK: "PreSync", WAVE: "-5"}), document("ConfigMap")
    found = of_one(*documents, syncPolicy=namespaced("CreateNamespace=true"))
    assert found.follows("Job:web/h", "Namespace:web")
    assert found.follows("ConfigMap:web/x", "Namespace:web")
    assert of_one(*documents, syncPolicy=namespaced()).steps == ["hook-PreSync:web/batch/Job:web/h", "ConfigMap:web/x"]


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
    apart = {"argocd/all.yaml": "\n---\n".join(map(application, "ab")), "apps/a/x.yaml": THING, "apps/b/x.yaml": CRD}
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
    assert [(gate.name, gate.after) for gate in gates] == [("application-web:sync-wave-0", ("ConfigMap:web/x",))]


@rule("order.crd-established")
def test_a_definition_has_the_application_s_time_to_be_established() -> None:
    [definition] = [item for item in of_one(CRD, THING).plan.objects if "Definition" in item.name]
    assert (definition.readiness.condition, definition.readiness.timeout) == ("condition=Established", 300.0)


@rule("order.gate-no-check")
def test_what_has_no_health_is_not_waited_for() -> None:
    found = of_one(*(document(kind, f"{kind.lower()}") for kind in ("ConfigMap", "Secret", "ServiceAccount")), CRD, THING)
    waits = {item.manifest.kind for item in found.plan.objects if item.readiness.wait}
    assert waits == {"CustomResourceDefinition"}


@rule("order.gate-healthy")
def test_a_wave_opens_when_the_one_before_is_healthy() -> None:
    found = of_one(deployment(), document("ConfigMap", of={WAVE: "1"}))
    assert found.object("apps/Deployment:web/x").readiness.wait
    assert found.follows("ConfigMap:web/x", "Deployment:web/x")


@rule("order.gate-degraded")
def test_a_failure_holds_what_comes_later_and_fails_its_application() -> None:
    found = planned({
        "argocd/all.yaml": "\n---\n".join([application("db", of={WAVE: "1"}), application("web", of={WAVE: "2"})]),
        "apps/db/x.yaml": deployment(), "apps/web/x.yaml": document("ConfigMap"),
    })  # fmt: skip
    failure = Failure("kubernetes:apps/v1:Deployment", "apps/Deployment:db/x", "it is degraded")
    assert {one.name: one.result for one in outcomes(found.plan, (), [failure])} == {"db": FAILED, "web": WAITING}


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
    asked = of_one(deployment(), syncPolicy=namespaced("ApplyOutOfSyncOnly=true")).object("apps/Deployment:web/x")
    plain = of_one(deployment(), syncPolicy=namespaced()).object("apps/Deployment:web/x")
    requests = [object_request(item, "", "", [], deleted_with="", prune=True) for item in (asked, plain)]
    trees = [dict(item.manifest.body["metadata"]["annotations"]) for item in (asked, plain)]
    assert trees[0] == trees[1]
    assert requests[0] == requests[1]


@rule("order.results")
def test_an_application_is_synced_failed_waiting_or_left_out() -> None:
    assert {DONE, FAILED, WAITING, LEFT_OUT} == {"Synced", "Failed", "Waiting", "LeftOut"}


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
    found = planned({"argocd/web.yaml": application(destination={}), "apps/web/x.yaml": document("ConfigMap")})
    assert found.applications == {}
    assert "states neither server nor name" in found.problems[0]


@rule("order.repeated-resource")
def test_an_object_that_one_source_states_twice_is_an_error() -> None:
    found = planned({"argocd/w.yaml": application(), "apps/web/a.yaml": document("Secret"), "apps/web/b.yaml": document("Secret")})
    assert "is already stated at apps/web/a.yaml" in found.problems[0]


@rule("order.shared-resource")
def test_an_object_of_two_applications_is_an_error_of_both() -> None:
    shared = document("ConfigMap", metadata={"namespace": "one"})
    apps = {"argocd/all.yaml": "\n---\n".join(map(application, "ab"))}
    found = planned({**apps, "apps/a/x.yaml": shared, "apps/b/x.yaml": shared})
    assert "ConfigMap one/x is already stated at apps/a/x.yaml" in found.problems[0]
