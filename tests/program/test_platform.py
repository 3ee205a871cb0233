from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pytest

from tests import given
from tests.program.engine import Recorder, inputs, plan_of, run

if TYPE_CHECKING:
    from gitops.model.plan import Plan

CHAIN = "urn:pulumi:test::gitops::gitops:index:Platform$gitops:index:Wave$gitops:index:Application"


def two_waves() -> Plan:
    return plan_of(
        [
            given.application("db", 5),
            given.application("web", 20, prune=False),
            given.application("ui", depends_on=("web",)),
        ],
        given.manifest("ConfigMap", of="db"),
        given.manifest("Namespace", "web", namespace=""),
        given.manifest("Secret", data={"a": "b"}),
        given.manifest("Deployment", api="apps/v1"),
        given.manifest("ClusterRole", "r", api="rbac.authorization.k8s.io/v1", namespace=""),
        given.manifest("ConfigMap", of="ui", namespace="web"),
    )


def test_every_resource_has_its_frozen_token_and_name() -> None:
    recorder, _ = run(two_waves())
    assert sorted(
        (request.type, request.name) for request in recorder.requests if "Stack" not in request.type
    ) == [
        ("gitops:index:Application", "db"),
        ("gitops:index:Application", "ui"),
        ("gitops:index:Application", "web"),
        ("gitops:index:Platform", "platform"),
        ("gitops:index:Wave", "wave-20"),
        ("gitops:index:Wave", "wave-5"),
        ("kubernetes:apps/v1:Deployment", "apps/Deployment:web/x"),
        ("kubernetes:core/v1:ConfigMap", "ConfigMap:db/x"),
        ("kubernetes:core/v1:ConfigMap", "ConfigMap:web/x"),
        ("kubernetes:core/v1:Namespace", "Namespace:web"),
        ("kubernetes:core/v1:Secret", "Secret:web/x"),
        ("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "rbac.authorization.k8s.io/ClusterRole:r"),
        ("pulumi:index:Stash", "application-web"),
        ("pulumi:index:Stash", "wave-20"),
        ("pulumi:index:Stash", "wave-5"),
        ("pulumi:providers:kubernetes", "cluster"),
    ]


def test_objects_hang_below_platform_wave_and_application() -> None:
    recorder, _ = run(two_waves())
    assert recorder.urn("Secret:web/x") == f"{CHAIN}$kubernetes:core/v1:Secret::Secret:web/x"
    assert recorder.named("Secret:web/x").parent == f"{CHAIN}::web"
    assert recorder.named("web").parent.endswith("gitops:index:Wave::wave-20")
    assert recorder.named("wave-20", "Stash").parent.endswith("gitops:index:Wave::wave-20")
    assert recorder.named("application-web").parent == f"{CHAIN}::web"


def test_an_object_keeps_its_urn_in_another_wave_and_another_application() -> None:
    def urn(application: str, wave: int) -> str:
        plan = plan_of(
            [given.application(application, wave)], given.manifest("Secret", of=application, namespace="n")
        )
        return run(plan)[0].urn("Secret:n/x")

    assert urn("web", 20) == urn("web", 5) == urn("other", 5)


def test_dependencies_are_the_plan_s_and_come_first() -> None:
    plan = two_waves()
    recorder, _ = run(plan)
    order = [recorder.make_urn(r.parent, r.type, r.name) for r in recorder.requests]
    for step in plan.steps:
        kind = "Stash" if step.name.startswith(("wave-", "application-")) else "kubernetes"
        request = recorder.named(step.name, kind)
        assert {urn.rpartition("::")[2] for urn in request.dependencies} == set(step.after)
        mine = order.index(recorder.urn(step.name, kind))
        assert all(order.index(urn) < mine for urn in request.dependencies)


def test_a_gate_s_value_never_changes() -> None:
    recorder, _ = run(two_waves())
    gates = [request for request in recorder.requests if request.type == "pulumi:index:Stash"]
    assert [inputs(gate) for gate in gates] == [{"input": "ready"}] * 3


def test_every_object_goes_through_the_one_provider_and_gates_through_none() -> None:
    recorder, _ = run(two_waves())
    providers = {r.provider for r in recorder.requests if r.type.startswith("kubernetes:")}
    assert providers == {f"{recorder.urn('cluster')}::id"}
    assert {r.provider for r in recorder.requests if r.type == "pulumi:index:Stash"} == {""}


def test_an_object_goes_with_its_own_namespace_of_the_same_wave() -> None:
    recorder, _ = run(two_waves())
    assert recorder.named("Secret:web/x").deletedWith == recorder.urn("Namespace:web")
    assert recorder.named("ConfigMap:db/x").deletedWith == ""


def test_what_is_not_pruned_stays_when_it_leaves_git() -> None:
    recorder, _ = run(two_waves())
    assert recorder.named("Secret:web/x").retainOnDelete is True
    assert recorder.named("ConfigMap:db/x").retainOnDelete is False


def test_outputs_say_what_was_deployed() -> None:
    _, outputs = run(two_waves())
    assert outputs == {
        "revision": given.SHA,
        "waves": [5, 20],
        "applications": [
            {"name": "db", "wave": 5, "namespace": "db", "objects": 1},
            {"name": "ui", "wave": 20, "namespace": "ui", "objects": 1},
            {"name": "web", "wave": 20, "namespace": "web", "objects": 4},
        ],
    }


def test_nothing_after_a_refused_object_is_registered() -> None:
    plan = plan_of(
        [given.application("a", 1), given.application("b", 2)],
        given.manifest("ConfigMap", "bad", of="a"),
        given.manifest("ConfigMap", "good", of="a"),
        given.manifest("Pod", of="b"),
    )
    recorder = Recorder(frozenset({"ConfigMap:a/bad"}))
    with pytest.raises(pulumi.RunError, match="ConfigMap:a/bad failed"):
        run(plan, recorder)
    names = {request.name for request in recorder.requests if request.type.startswith("kubernetes:")}
    assert names == {"ConfigMap:a/good"}
