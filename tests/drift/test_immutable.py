"""Fields that no server lets anybody change."""

from __future__ import annotations

from typing import Any

import pytest

from gitops.drift.immutable import unchangeable


def body(api: str, kind: str, **rest: Any) -> dict[str, Any]:
    return {"apiVersion": api, "kind": kind, **rest}


@pytest.mark.parametrize(
    ("before", "after", "fields"),
    [
        (body("apps/v1", "Deployment", spec={"replicas": 1}), body("apps/v1", "Deployment", spec={"replicas": 2}), ()),
        (
            body("apps/v1", "StatefulSet", spec={"serviceName": "a", "replicas": 1}),
            body("apps/v1", "StatefulSet", spec={"serviceName": "b", "replicas": 2, "podManagementPolicy": "Parallel"}),
            ("spec.podManagementPolicy", "spec.serviceName"),
        ),
        (
            body("batch/v1", "Job", spec={"template": {"a": 1}, "parallelism": 1}),
            body("batch/v1", "Job", spec={"template": {"a": 2}, "parallelism": 2}),
            ("spec.template",),
        ),
        (
            body("v1", "PersistentVolumeClaim", spec={"resources": {"requests": {"storage": "1Gi"}}}),
            body("v1", "PersistentVolumeClaim", spec={"resources": {"requests": {"storage": "2Gi"}}}),
            (),
        ),
        (
            body("rbac.authorization.k8s.io/v1", "RoleBinding", roleRef={"name": "a"}),
            body("rbac.authorization.k8s.io/v1", "RoleBinding", roleRef={"name": "b"}),
            ("roleRef",),
        ),
        (body("v1", "Secret"), body("v1", "Secret", type="Opaque"), ()),
        (body("v1", "Secret"), body("v1", "Secret", type="kubernetes.io/tls"), ("type",)),
        (
            body("v1", "ConfigMap", immutable=True, data={"a": "1"}),
            body("v1", "ConfigMap", immutable=True, data={"a": "2"}),
            ("data",),
        ),
        (body("v1", "ConfigMap", immutable=True), body("v1", "ConfigMap"), ("immutable",)),
        (body("v1", "ConfigMap", data={"a": "1"}), body("v1", "ConfigMap", immutable=True, data={"a": "2"}), ()),
        (body("v1", "Service", spec={"clusterIP": "None"}), body("v1", "Service", spec={}), ()),
        (
            body("v1", "Service", spec={"clusterIP": "10.0.0.1"}),
            body("v1", "Service", spec={"clusterIP": "None"}),
            ("spec.clusterIP",),
        ),
        (body("x.y/v1", "Anything", spec={"a": 1}), body("x.y/v1", "Anything", spec={"a": 2}), ()),
        (body("apps/v1", "Deployment", spec="odd"), body("apps/v1", "Deployment", spec=None), ()),
    ],
)  # fmt: skip
def test_only_what_can_not_be_changed_is_found(
    before: dict[str, Any], after: dict[str, Any], fields: tuple[str, ...]
) -> None:
    assert unchangeable(before, after) == fields
