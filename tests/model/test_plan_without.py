from __future__ import annotations

from gitops.model.keys import ObjectKey
from tests import given
from tests.program.engine import plan_of


def test_what_came_after_an_object_that_is_taken_out_comes_after_what_that_came_after() -> None:
    plan = plan_of(
        [given.application("db", 5), given.application("web", 20)],
        given.manifest("ConfigMap", of="db"),
        given.manifest("Namespace", "web", namespace=""),
        given.manifest("ConfigMap"),
    )
    less = plan.without({ObjectKey.of("Namespace:web")})
    assert {step.name: step.after for step in less.steps} == {
        "ConfigMap:db/x": (),
        "wave-5": ("ConfigMap:db/x",),
        "ConfigMap:web/x": ("wave-5",),
        "wave-20": ("ConfigMap:web/x", "wave-5"),
    }


def test_without_nothing_it_is_the_same_plan() -> None:
    plan = plan_of([given.application()], given.manifest("ConfigMap"))
    assert plan.without(()) == plan


def test_a_key_is_read_back_from_its_resource_s_name() -> None:
    for key in (
        ObjectKey("apps", "Deployment", "shop", "web"),
        ObjectKey("", "Namespace", "", "shop"),
        ObjectKey("rbac.authorization.k8s.io", "ClusterRole", "", "system:controller:x"),
    ):
        assert ObjectKey.of(key.resource_name) == key
