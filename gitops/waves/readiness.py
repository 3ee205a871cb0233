"""When an object of a kind counts as ready, so that what comes after it may start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.model.plan import Readiness

if TYPE_CHECKING:
    from gitops.model.application import Application
    from gitops.model.manifest import Manifest

IGNORE_ANNOTATION = "argocd.argoproj.io/ignore-healthcheck"
_SKIP, _WAIT_FOR = "pulumi.com/skipAwait", "pulumi.com/waitFor"

# The provider's own rules watch the pods below these, and can say why they don't start.
_OWN_RULE = frozenset(
    (("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet"), ("batch", "Job"))
)
_ADDRESS = "jsonpath={.status.loadBalancer.ingress}"
_CONDITIONS = {
    ("apiextensions.k8s.io", "CustomResourceDefinition"): "condition=Established",
    ("apiregistration.k8s.io", "APIService"): "condition=Available",
    ("bitnami.com", "SealedSecret"): "condition=Synced",
    ("networking.k8s.io", "Ingress"): _ADDRESS,
}


def readiness(manifest: Manifest, application: Application) -> Readiness:
    """What to wait for after the object was applied.

    A bare Pod, a Service without an outside address and a claim are not waited for: they become ready
    through objects that come later, and the workloads that need them are waited for themselves.
    """
    annotations, key = manifest.annotations, manifest.key
    condition = str(annotations.get(_WAIT_FOR, "")) or _CONDITIONS.get((key.group, key.kind), "")
    if not condition and (key.group, key.kind) == ("", "Service"):
        spec = manifest.body.get("spec")
        load_balancer = isinstance(spec, dict) and spec.get("type") == "LoadBalancer"
        condition = _ADDRESS if load_balancer else ""
    wait = bool(condition) or (key.group, key.kind) in _OWN_RULE
    if annotations.get(IGNORE_ANNOTATION) == "true" or annotations.get(_SKIP) == "true":
        wait = False
    return Readiness(wait, condition if wait else "", application.health_timeout)
