from __future__ import annotations

from typing import Any

import pytest

from gitops.drift.added import added, unmanaged
from gitops.model.keys import STACK_LABEL, ObjectKey
from gitops.model.sync import IgnoreDifference

WANTED: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "web", "labels": {"app": "web"}},
    "spec": {"template": {"spec": {"containers": [{"name": "main", "image": "nginx"}]}}},
}


def live(fields: dict[str, Any], manager: str = "kubectl-edit", **entry: Any) -> dict[str, Any]:
    """The object with much beside it, of which a manager owns these fields."""
    owner = {"manager": manager, "operation": "Update", "time": "2026-01-01T10:00:00Z", "fieldsV1": fields}
    metadata = {
        **WANTED["metadata"],
        "labels": {"app": "web", "team": "a"},
        "annotations": {"note": "x", "deployment.kubernetes.io/revision": "1"},
        "managedFields": [{**owner, **entry}],
    }
    containers = [{"name": "side", "image": "debug"}, {"name": "main", "image": "nginx", "tty": True}]
    spec = {"replicas": 3, "template": {"spec": {"containers": containers}}}
    return {**WANTED, "metadata": metadata, "spec": spec, "status": {"replicas": 3}}


def of_containers(fields: dict[str, Any]) -> dict[str, Any]:
    return {"f:spec": {"f:template": {"f:spec": {"f:containers": fields}}}}


def paths(fields: dict[str, Any], *rules: IgnoreDifference, **entry: Any) -> list[str]:
    return [difference.path for difference in added(WANTED, live(fields, **entry), rules)]


def test_a_label_and_a_field_that_somebody_added_are_told_with_who_did_it() -> None:
    found = added(
        WANTED,
        live({"f:metadata": {"f:labels": {"f:team": {}, "f:app": {}}}, "f:spec": {"f:replicas": {}}}),
        (),
    )
    assert [(d.path, d.wanted, d.live, d.by and d.by.manager) for d in found] == [
        ("metadata.labels.team", None, "a", "kubectl-edit"),
        ("spec.replicas", None, 3, "kubectl-edit"),
    ]


def test_items_of_lists_are_found_by_their_names() -> None:
    assert paths(of_containers({'k:{"name":"side"}': {".": {}, "f:image": {}}})) == [
        "spec.template.spec.containers[0]"
    ]
    assert paths(of_containers({'k:{"name":"main"}': {"f:tty": {}, "f:image": {}}})) == [
        "spec.template.spec.containers[1].tty"
    ]


@pytest.mark.parametrize("manager", ["gitops", "kube-controller-manager", "kube-scheduler"])
def test_what_we_and_controllers_write_is_not_added(manager: str) -> None:
    assert paths({"f:spec": {"f:replicas": {}}}, manager=manager) == []


def test_status_and_notes_of_tools_are_not_added() -> None:
    annotations = {"f:deployment.kubernetes.io/revision": {}}
    assert paths({"f:status": {"f:replicas": {}}, "f:metadata": {"f:annotations": annotations}}) == []


def test_what_nobody_owns_is_a_default_and_not_added() -> None:
    assert paths({}) == []


def test_rules_leave_out_what_they_name() -> None:
    rule = IgnoreDifference("apps", "Deployment", json_pointers=("/spec/replicas",))
    assert paths({"f:spec": {"f:replicas": {}}}, rule) == []


def test_a_secret_s_added_value_is_masked() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "a"}}
    fields = {"manager": "kubectl", "operation": "Update", "fieldsV1": {"f:data": {"f:password": {}}}}
    body = {
        **secret,
        "metadata": {**secret["metadata"], "managedFields": [fields]},
        "data": {"password": "aHVudGVy"},
    }  # type: ignore[dict-item]
    (found,) = added(secret, body, ())
    assert (found.path, found.live) == ("data.password", "[secret]")


def test_objects_that_no_stack_states_are_those_that_nobody_else_accounts_for() -> None:
    plain: dict[str, Any] = {"metadata": {"labels": {}}}
    ours = {"metadata": {"labels": {STACK_LABEL: "other"}}}
    built_in = {"metadata": {"labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}}}
    found = {
        "ConfigMap:web/stray": plain,
        "ConfigMap:web/ours": ours,
        "ConfigMap:web/kube-root-ca.crt": plain,
        "ConfigMap:kube-system/x": plain,
        "Namespace:default": plain,
        "Namespace:stray": plain,
        "Node:n": plain,
        "ServiceAccount:web/default": plain,
        "rbac.authorization.k8s.io/ClusterRole:admin": built_in,
        "rbac.authorization.k8s.io/ClusterRole:system:node": plain,
        "scheduling.k8s.io/PriorityClass:system-node-critical": plain,
    }
    assert [str(key) for key in unmanaged({ObjectKey.of(name): item for name, item in found.items()})] == [
        "ConfigMap web/stray",
        "Namespace stray",
    ]
