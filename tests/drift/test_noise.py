"""What controllers and the API server own is no drift, and what they don't own still is."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from gitops.drift.compare import compare
from gitops.drift.state import application_states
from gitops.model.errors import Problems
from gitops.model.keys import APPLICATION_LABEL
from gitops.waves.plan import make_plan
from gitops.waves.steered import rules_between
from tests import given

BUNDLE = base64.b64encode(b"-----BEGIN CERTIFICATE-----").decode()
OTHER = base64.b64encode(b"-----BEGIN OTHER-----").decode()


def service(**spec: Any) -> dict[str, Any]:
    return {"kind": "Service", "spec": spec}


def webhook(bundle: Any, **annotations: str) -> dict[str, Any]:
    webhooks = [{"name": "a", "clientConfig": {"caBundle": bundle}}]
    return {
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"annotations": annotations},
        "webhooks": webhooks,
    }


def definition(bundle: Any) -> dict[str, Any]:
    config = {"webhook": {"clientConfig": {"caBundle": bundle}}}
    return {"kind": "CustomResourceDefinition", "spec": {"conversion": config}}


def pod(*containers: str, tolerations: Any = ()) -> dict[str, Any]:
    spec = {"containers": [{"name": name} for name in containers], "tolerations": list(tolerations)}
    return {"kind": "Pod", "spec": spec}


def template(*containers: str) -> dict[str, Any]:
    return {"kind": "Deployment", "spec": {"template": {"spec": pod(*containers)["spec"]}}}


@pytest.mark.parametrize(
    ("wanted", "live"),
    [
        ({"kind": "Thing", "status": {"a": 1}}, {"kind": "Thing", "status": {"a": 2}}),
        (service(clusterIP=""), service(clusterIP="10.0.0.1")),
        (service(clusterIPs=[]), service(clusterIPs=["10.0.0.1"])),
        (service(ports=[{"port": 80, "nodePort": 0}]), service(ports=[{"port": 80, "nodePort": 30080}])),
        (service(ports=[{"port": 80}]), service(ports=[{"port": 80, "protocol": "TCP", "targetPort": 80}])),
        (
            service(ports=[{"port": 53, "protocol": "UDP"}, {"port": 53}]),
            service(ports=[{"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]),
        ),
        (webhook(""), webhook(BUNDLE)),
        (webhook("Cg=="), webhook(BUNDLE)),
        (definition("Cg=="), definition(BUNDLE)),
        (
            {"kind": "APIService", "spec": {"caBundle": None}},
            {"kind": "APIService", "spec": {"caBundle": BUNDLE}},
        ),
        (
            {"kind": "ClusterRole", "aggregationRule": {"a": 1}, "rules": []},
            {"kind": "ClusterRole", "aggregationRule": {"a": 1}, "rules": [{"verbs": ["get"]}]},
        ),
        (
            {"kind": "ServiceAccount", "secrets": [{"name": "mine"}]},
            {"kind": "ServiceAccount", "secrets": [{"name": "mine"}, {"name": "token-x"}]},
        ),
        (
            pod("web"),
            pod("web", "istio-proxy", "anything", tolerations=[{"key": "node.kubernetes.io/not-ready"}]),
        ),
        (template("web"), template("web", "istio-proxy")),
        (template("web"), template("linkerd-proxy", "web")),
    ],
)
def test_what_controllers_own_is_no_drift(wanted: dict[str, Any], live: dict[str, Any]) -> None:
    assert compare(wanted, live) == []


@pytest.mark.parametrize(
    ("wanted", "live", "path"),
    [
        (service(clusterIP="10.0.0.1"), service(clusterIP="10.0.0.2"), "spec.clusterIP"),
        (
            service(ports=[{"port": 80, "nodePort": 30080}]),
            service(ports=[{"port": 80, "nodePort": 30081}]),
            "spec.ports[0].nodePort",
        ),
        (webhook(BUNDLE), webhook(OTHER), "webhooks[0].clientConfig.caBundle"),
        (definition(BUNDLE), definition(OTHER), "spec.conversion.webhook.clientConfig.caBundle"),
        (
            {"kind": "ClusterRole", "rules": []},
            {"kind": "ClusterRole", "rules": [{"verbs": ["*"]}]},
            "rules.length",
        ),
        (
            {"kind": "ServiceAccount", "secrets": [{"name": "mine"}]},
            {"kind": "ServiceAccount", "secrets": [{"name": "token-x"}]},
            "secrets[0]",
        ),
        (pod("web"), pod("istio-proxy"), "spec.containers[0]"),
        (template("web"), template("web", "miner"), "spec.template.spec.containers.length"),
        (template("web"), template("web", "istio-proxy", "miner"), "spec.template.spec.containers.length"),
    ],
)
def test_what_they_do_not_own_is_drift(wanted: dict[str, Any], live: dict[str, Any], path: str) -> None:
    assert path in [difference.path for difference in compare(wanted, live)]


def test_a_bundle_that_an_injector_is_asked_for_is_the_injector_s() -> None:
    asked = {"cert-manager.io/inject-ca-from-secret": "x/y"}
    assert compare(webhook(BUNDLE, **asked), webhook(OTHER, **asked)) == []
    assert len(compare(webhook(BUNDLE, other="x"), webhook(OTHER, other="x"))) == 1


SCALER_SPEC = {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}}
ISTIO = {"canary": {"trafficRouting": {"istio": {"virtualService": {"name": "routes"}}}}}
SEVERAL = {
    "canary": {"trafficRouting": {"istio": {"virtualServices": [{"name": "routes.web"}, {"name": "b"}]}}}
}


def routes(stable: int, host: str = "api") -> dict[str, Any]:
    to = [
        {"destination": {"host": host}, "weight": stable},
        {"destination": {"host": "c"}, "weight": 100 - stable},
    ]
    return {"http": [{"name": "primary", "route": to}]}


@pytest.mark.parametrize(
    ("steering", "steered", "changed", "path"),
    [
        (
            ("HorizontalPodAutoscaler", "autoscaling/v2", SCALER_SPEC),
            ("Deployment", "apps/v1", "api", {"replicas": 1}),
            {"replicas": 7},
            "spec.replicas",
        ),
        (
            ("ScaledObject", "keda.sh/v1alpha1", {"scaleTargetRef": {"name": "api"}}),
            ("Deployment", "apps/v1", "api", {"replicas": 1}),
            {"replicas": 7},
            "spec.replicas",
        ),
        (
            ("Rollout", "argoproj.io/v1alpha1", {"strategy": ISTIO}),
            ("VirtualService", "networking.istio.io/v1", "routes", routes(100)),
            routes(80),
            "spec.http[0].route[0].weight",
        ),
        (
            ("Rollout", "argoproj.io/v1alpha1", {"strategy": SEVERAL}),
            ("VirtualService", "networking.istio.io/v1", "routes", routes(100)),
            routes(80),
            "spec.http[0].route[0].weight",
        ),
    ],
)
def test_what_another_object_steers_is_left_to_it(
    steering: tuple[str, str, dict[str, Any]],
    steered: tuple[str, str, str, dict[str, Any]],
    changed: dict[str, Any],
    path: str,
) -> None:
    one = given.manifest(steering[0], "x", api=steering[1], spec=steering[2])
    two = given.manifest(steered[0], steered[2], api=steered[1], spec=steered[3])
    other = given.manifest(steered[0], "other", api=steered[1], spec=steered[3])

    def differences(*manifests: Any) -> dict[str, list[str]]:
        plan = make_plan("test", given.SHA, [given.application("web")], manifests, Problems())
        live = {item.key: {**item.body} for item in manifests}
        for item in (two, other):
            live[item.key] = {**item.body, "spec": changed}
        [web] = application_states(plan, live, APPLICATION_LABEL)
        return {item.key.name: [d.path for d in item.differences] for item in web.objects}

    assert path in differences(two, other)["api" if steered[2] == "api" else "routes"]
    found = differences(one, two, other)
    assert found[steered[2]] == []
    assert path in found["other"]


def test_only_the_weights_are_left_to_a_rollout() -> None:
    rollout = given.manifest("Rollout", "x", api="argoproj.io/v1alpha1", spec={"strategy": ISTIO})
    service = given.manifest("VirtualService", "routes", api="networking.istio.io/v1", spec=routes(100))
    plan = make_plan("test", given.SHA, [given.application("web")], [rollout, service], Problems())
    live = {rollout.key: rollout.body, service.key: {**service.body, "spec": routes(80, "elsewhere")}}
    [web] = application_states(plan, live, APPLICATION_LABEL)
    found = {item.key.name: [d.path for d in item.differences] for item in web.objects}
    assert found["routes"] == ["spec.http[0].route[0].destination.host"]


@pytest.mark.parametrize(
    "spec", [None, "x", {"scaleTargetRef": 3}, {"strategy": {"canary": "x"}}, {"strategy": []}]
)
def test_odd_objects_steer_nothing_else_that_exists(spec: Any) -> None:
    for kind, api in (("HorizontalPodAutoscaler", "autoscaling/v2"), ("Rollout", "argoproj.io/v1alpha1")):
        item = given.manifest(kind, api=api, spec=spec)
        found = rules_between({item.key: item.body})
        assert all(not key.name or key == item.key for key in found)
