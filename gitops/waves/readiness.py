"""When an object of a kind counts as ready, so that what comes after it may start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.model.plan import Readiness
from gitops.rollouts.naming import is_rollout
from gitops.waves.order import FOUNDATIONS

if TYPE_CHECKING:
    from gitops.model.application import Application
    from gitops.model.health_rule import HealthRule
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
    through objects that come later, and the workloads that need them are waited for themselves. What a rule of
    the application's own judges is left to that, unless it says itself what to wait for.
    """
    annotations, key = manifest.annotations, manifest.key
    condition = str(annotations.get(_WAIT_FOR, "")) or _CONDITIONS.get((key.group, key.kind), "")
    if not condition and (key.group, key.kind) == ("", "Service"):
        spec = manifest.body.get("spec")
        load_balancer = isinstance(spec, dict) and spec.get("type") == "LoadBalancer"
        condition = _ADDRESS if load_balancer else ""
    wait = bool(condition) or (key.group, key.kind) in _OWN_RULE
    if _is_passed_over(manifest) or (own_rule(manifest, application) and _WAIT_FOR not in annotations):
        wait = False
    return Readiness(wait, condition if wait else "", application.health_timeout)


def own_rule(manifest: Manifest, application: Application) -> HealthRule | None:
    """The rule of the application's own that decides when the object is healthy.

    None for what others can't exist without, so that these can tell what they wait for.
    """
    if manifest.kind in FOUNDATIONS or _is_passed_over(manifest):
        return None
    key = manifest.key
    return next((rule for rule in application.health_rules if rule.judges(key.group, key.kind)), None)


def is_waited_for(manifest: Manifest) -> bool:
    """Whether the built-in rule of the kind decides when the object is healthy, and not the provider."""
    return is_rollout(manifest.key) and not _is_passed_over(manifest)


def _is_passed_over(manifest: Manifest) -> bool:
    return any(manifest.annotations.get(name) == "true" for name in (IGNORE_ANNOTATION, _SKIP))
