"""Which rule judges which kind; the rules are those of Argo CD's `gitops-engine` and its customizations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.cluster.health import platform, projects, workloads
from gitops.cluster.health.own_rules import judge
from gitops.cluster.health.pods import pod
from gitops.cluster.health.rollouts import rollout
from gitops.cluster.health.status import HEALTHY, Health, Status, progressing
from gitops.model.keys import group_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops.cluster.client import Object
    from gitops.cluster.health.status import Rule
    from gitops.model.health_rule import HealthRule

_HOOK_FINALIZER = "argocd.argoproj.io/hook-finalizer"

RULES: dict[tuple[str, str], Rule] = {
    ("apps", "Deployment"): workloads.deployment,
    ("apps", "ReplicaSet"): workloads.replica_set,
    ("apps", "StatefulSet"): workloads.stateful_set,
    ("apps", "DaemonSet"): workloads.daemon_set,
    ("batch", "Job"): workloads.job,
    ("batch", "CronJob"): workloads.cron_job,
    ("", "Pod"): pod,
    ("", "PersistentVolumeClaim"): platform.claim,
    ("", "Service"): platform.service,
    ("networking.k8s.io", "Ingress"): platform.ingress,
    ("extensions", "Ingress"): platform.ingress,
    ("autoscaling", "HorizontalPodAutoscaler"): platform.autoscaler,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): platform.definition,
    ("apiregistration.k8s.io", "APIService"): platform.api_service,
    ("bitnami.com", "SealedSecret"): projects.by_condition("Synced"),
    ("cert-manager.io", "Certificate"): projects.certificate,
    ("cert-manager.io", "Issuer"): projects.by_condition("Ready"),
    ("cert-manager.io", "ClusterIssuer"): projects.by_condition("Ready"),
    ("argoproj.io", "Rollout"): rollout,
    ("argoproj.io", "AnalysisRun"): projects.by_phase,
    ("argoproj.io", "Workflow"): projects.by_phase,
    ("argoproj.io", "Application"): projects.application,
}


def health(live: Object, rules: Sequence[HealthRule] = ()) -> Health:
    """The health of a live object; kinds without a rule are healthy, so that they never count.

    The first of `rules` that is about the object's group and kind wins over the built-in one. A status that
    does not have the shape that its kind promises is Unknown, never an exception.
    """
    metadata = live["metadata"]
    if metadata.get("deletionTimestamp") and _HOOK_FINALIZER not in (metadata.get("finalizers") or ()):
        return progressing("being deleted")
    group, kind = group_of(live["apiVersion"]), live["kind"]
    own = next((item for item in rules if item.judges(group, kind)), None)
    if own is not None:
        return judge(own, live)
    rule = RULES.get((group, kind))
    if rule is None:
        return HEALTHY
    try:
        return rule(live.get("spec") or {}, live.get("status") or {}, live)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return Health(Status.UNKNOWN, f"its status can't be read: {error}")
