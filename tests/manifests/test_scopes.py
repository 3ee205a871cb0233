from __future__ import annotations

from typing import Any

import pytest

from gitops.manifests.scopes import scopes


def definition(group: str, kind: str, scope: str) -> dict[str, Any]:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.lower()}s.{group}"},
        "spec": {"group": group, "names": {"kind": kind}, "scope": scope},
    }


@pytest.mark.parametrize(
    ("group", "kind", "namespaced"),
    [
        ("", "ConfigMap", True), ("", "Namespace", False), ("", "PersistentVolume", False), ("", "Pod", True),
        ("apps", "Deployment", True), ("batch", "CronJob", True), ("networking.k8s.io", "Ingress", True),
        ("networking.k8s.io", "IngressClass", False), ("rbac.authorization.k8s.io", "ClusterRole", False),
        ("rbac.authorization.k8s.io", "Role", True), ("storage.k8s.io", "StorageClass", False),
        ("scheduling.k8s.io", "PriorityClass", False), ("policy", "PodDisruptionBudget", True),
        ("apiextensions.k8s.io", "CustomResourceDefinition", False),
        ("apiregistration.k8s.io", "APIService", False),
    ],
)  # fmt: skip
def test_a_kind_of_kubernetes_itself_is_known_without_a_cluster(
    group: str, kind: str, *, namespaced: bool
) -> None:
    assert scopes((), {})[group, kind] is namespaced


def test_a_kind_is_known_by_its_definition() -> None:
    known = scopes((definition("x.io", "Foo", "Namespaced"), definition("x.io", "Bar", "Cluster")), {})
    assert (known["x.io", "Foo"], known["x.io", "Bar"]) == (True, False)


def test_a_kind_is_known_by_the_cluster_and_a_definition_in_git_wins() -> None:
    live = {("x.io", "Foo"): True, ("y.io", "Baz"): False}
    known = scopes((definition("x.io", "Foo", "Cluster"),), live)
    assert (known["x.io", "Foo"], known["y.io", "Baz"]) == (False, False)
    assert live["x.io", "Foo"] is True


def test_a_kind_nobody_knows_is_not_there() -> None:
    assert ("x.io", "Foo") not in scopes((), {})


@pytest.mark.parametrize("spec", [None, [], "x", {}, {"names": None}, {"names": []}, {"group": "x.io"}])
def test_a_half_written_definition_teaches_nothing_and_breaks_nothing(spec: Any) -> None:
    body = definition("x.io", "Foo", "Cluster") | {"spec": spec}
    assert scopes((body,), {}) == scopes((), {})
