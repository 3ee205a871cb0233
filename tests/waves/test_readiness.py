from __future__ import annotations

from typing import Any

import pytest

from gitops.waves.readiness import readiness
from tests import given

ADDRESS = "jsonpath={.status.loadBalancer.ingress}"


@pytest.mark.parametrize(
    ("api", "kind", "body", "annotations", "expected"),
    [
        ("apps/v1", "Deployment", {}, {}, (True, "")),
        ("apps/v1", "StatefulSet", {}, {}, (True, "")),
        ("apps/v1", "DaemonSet", {}, {}, (True, "")),
        ("batch/v1", "Job", {}, {}, (True, "")),
        ("batch/v1", "CronJob", {}, {}, (False, "")),
        ("v1", "Pod", {}, {}, (False, "")),
        ("v1", "ConfigMap", {}, {}, (False, "")),
        ("v1", "PersistentVolumeClaim", {}, {}, (False, "")),
        ("v1", "Service", {}, {}, (False, "")),
        ("v1", "Service", {"spec": {"type": "LoadBalancer"}}, {}, (True, ADDRESS)),
        ("v1", "Service", {"spec": "broken"}, {}, (False, "")),
        ("networking.k8s.io/v1", "Ingress", {}, {}, (True, ADDRESS)),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", {}, {}, (True, "condition=Established")),
        ("apiregistration.k8s.io/v1", "APIService", {}, {}, (True, "condition=Available")),
        ("x.io/v1", "Deployment", {}, {}, (False, "")),
        ("x.io/v1", "Foo", {}, {"pulumi.com/waitFor": "condition=Ready"}, (True, "condition=Ready")),
        (
            "apps/v1",
            "Deployment",
            {},
            {"pulumi.com/waitFor": "condition=Available"},
            (True, "condition=Available"),
        ),
        ("apps/v1", "Deployment", {}, {"pulumi.com/skipAwait": "true"}, (False, "")),
        ("apps/v1", "Deployment", {}, {"pulumi.com/skipAwait": "false"}, (True, "")),
        ("apps/v1", "Deployment", {}, {"argocd.argoproj.io/ignore-healthcheck": "true"}, (False, "")),
        ("networking.k8s.io/v1", "Ingress", {}, {"pulumi.com/skipAwait": "true"}, (False, "")),
    ],
)
def test_what_is_waited_for(
    api: str, kind: str, body: dict[str, Any], annotations: dict[str, str], expected: tuple[bool, str]
) -> None:
    found = readiness(
        given.manifest(kind, api=api, annotations=annotations, **body), given.application(health_timeout=90.0)
    )
    assert (found.wait, found.condition) == expected
    assert found.timeout == 90.0
