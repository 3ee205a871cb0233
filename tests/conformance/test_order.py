"""The order inside a sync: phases, waves, kinds, and what waits for what."""

from __future__ import annotations

from itertools import pairwise

import pytest

from gitops.waves.order import sort_key
from tests import given
from tests.conformance.row import cases, rule
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

WEIGHT = "helm.sh/hook-weight"
KINDS = """
Namespace NetworkPolicy ResourceQuota LimitRange PodSecurityPolicy PodDisruptionBudget ServiceAccount Secret
SecretList ConfigMap StorageClass PersistentVolume PersistentVolumeClaim CustomResourceDefinition ClusterRole
ClusterRoleList ClusterRoleBinding ClusterRoleBindingList Role RoleList RoleBinding RoleBindingList Service DaemonSet
Pod ReplicationController ReplicaSet Deployment HorizontalPodAutoscaler StatefulSet Job CronJob IngressClass Ingress
APIService Other
""".split()


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
    assert of_one(document("Service", "a"), document("ConfigMap", "z")).steps == [
        "ConfigMap:web/z",
        "Service:web/a",
    ]


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
    found = of_one(
        document("ConfigMap"),
        document("Service"),
        deployment(),
        document("Ingress", api="networking.k8s.io/v1"),
    )
    assert found.follows("Deployment:web/x", "ConfigMap:web/x")
    for free in ("Service:web/x", "Ingress:web/x"):
        assert found.object(free if free[0] == "S" else f"networking.k8s.io/{free}").after == ()


NAMESPACE = document("Namespace", "shared")


@rule("order.namespace-first")
def test_a_namespace_comes_before_what_lives_in_it() -> None:
    found = of_one(
        document("NetworkPolicy", api="networking.k8s.io/v1", metadata={"namespace": "shared"}), NAMESPACE
    )
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
    found = of_one(
        document("Job", "h", "batch/v1", of={HOOK: "PreSync"}, metadata={"namespace": "shared"}), NAMESPACE
    )
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
