"""Health of an object by Argo CD's rules (its `gitops-engine` health package), one small function a kind."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from gitops.model.keys import group_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gitops.cluster.client import Object


class Status(StrEnum):
    """Worst last: an application is as healthy as the worst of its objects."""

    HEALTHY = "Healthy"
    SUSPENDED = "Suspended"
    PROGRESSING = "Progressing"
    MISSING = "Missing"
    DEGRADED = "Degraded"
    UNKNOWN = "Unknown"


class Health(NamedTuple):
    """A status and the reason for it."""

    status: Status
    message: str = ""


_ORDER = tuple(Status)
HEALTHY = Health(Status.HEALTHY)


def worst(healths: Iterable[Health]) -> Health:
    """The worst of several; healthy when there are none."""
    return max(healths, key=lambda health: _ORDER.index(health.status), default=HEALTHY)


def health(live: Object) -> Health:
    """The health of a live object; kinds without a rule are healthy."""
    if live["metadata"].get("deletionTimestamp"):
        return _progressing("being deleted")
    rule = _RULES.get((group_of(live["apiVersion"]), live["kind"]))
    return rule(live.get("spec") or {}, live.get("status") or {}, live) if rule else HEALTHY


def _progressing(message: str) -> Health:
    return Health(Status.PROGRESSING, message)


def _degraded(message: str) -> Health:
    return Health(Status.DEGRADED, message)


def _condition(status: Object, kind: str) -> Any:
    return next((c for c in status.get("conditions") or () if c.get("type") == kind), {})


def _stale(status: Object, live: Object) -> bool:
    return int(live["metadata"].get("generation", 0)) > int(status.get("observedGeneration", 0))


def _deployment(spec: Object, status: Object, live: Object) -> Health:
    if spec.get("paused"):
        return Health(Status.SUSPENDED, "paused")
    if _stale(status, live):
        return _progressing("not yet seen by its controller")
    if _condition(status, "Progressing").get("reason") == "ProgressDeadlineExceeded":
        return _degraded("exceeded its progress deadline")
    wanted, updated = spec.get("replicas", 1), status.get("updatedReplicas", 0)
    total, available = status.get("replicas", 0), status.get("availableReplicas", 0)
    if updated < wanted:
        return _progressing(f"{updated} of {wanted} replicas updated")
    if total > updated:
        return _progressing(f"{total - updated} old replicas left")
    if available < updated:
        return _progressing(f"{available} of {updated} replicas available")
    return HEALTHY


def _replica_set(spec: Object, status: Object, live: Object) -> Health:
    if _stale(status, live):
        return _progressing("not yet seen by its controller")
    failure = _condition(status, "ReplicaFailure")
    if failure.get("status") == "True":
        return _degraded(str(failure.get("message", "")))
    wanted, available = spec.get("replicas", 1), status.get("availableReplicas", 0)
    return HEALTHY if available >= wanted else _progressing(f"{available} of {wanted} replicas available")


def _stateful_set(spec: Object, status: Object, live: Object) -> Health:
    if _stale(status, live):
        return _progressing("not yet seen by its controller")
    wanted, ready = spec.get("replicas", 1), status.get("readyReplicas", 0)
    if ready < wanted:
        return _progressing(f"{ready} of {wanted} replicas ready")
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return HEALTHY
    partition = (strategy.get("rollingUpdate") or {}).get("partition", 0)
    updated = status.get("updatedReplicas", 0)
    if partition and updated < wanted - partition:
        return _progressing(f"{updated} of {wanted - partition} replicas updated")
    if not partition and status.get("updateRevision") != status.get("currentRevision"):
        return _progressing(f"{updated} of {wanted} replicas updated")
    return HEALTHY


def _daemon_set(spec: Object, status: Object, live: Object) -> Health:
    if _stale(status, live):
        return _progressing("not yet seen by its controller")
    if (spec.get("updateStrategy") or {}).get("type") == "OnDelete":
        return HEALTHY
    wanted = status.get("desiredNumberScheduled", 0)
    for field, word in (("updatedNumberScheduled", "updated"), ("numberAvailable", "available")):
        if status.get(field, 0) < wanted:
            return _progressing(f"{status.get(field, 0)} of {wanted} pods {word}")
    return HEALTHY


def _job(_: Object, status: Object, __: Object) -> Health:
    failed = _condition(status, "Failed")
    if failed.get("status") == "True":
        return _degraded(str(failed.get("message", "failed")))
    if _condition(status, "Complete").get("status") == "True":
        return HEALTHY
    if _condition(status, "Suspended").get("status") == "True":
        return Health(Status.SUSPENDED, "suspended")
    return _progressing("running")


def _claim(_: Object, status: Object, __: Object) -> Health:
    phase = str(status.get("phase", ""))
    known = {
        "Bound": HEALTHY,
        "Pending": _progressing("not bound yet"),
        "Lost": _degraded("its volume is lost"),
    }
    return known.get(phase, Health(Status.UNKNOWN, f"phase {phase!r}"))


def _service(spec: Object, status: Object, live: Object) -> Health:
    return _ingress(spec, status, live) if spec.get("type") == "LoadBalancer" else HEALTHY


def _ingress(_: Object, status: Object, __: Object) -> Health:
    return (
        HEALTHY if (status.get("loadBalancer") or {}).get("ingress") else _progressing("has no address yet")
    )


_METRIC_FAILURES = frozenset(
    "FailedGetScale FailedUpdateScale FailedGetResourceMetric FailedGetObjectMetric FailedGetPodsMetric"
    " FailedGetExternalMetric FailedComputeMetricsReplicas InvalidSelector".split()
)


def _autoscaler(_: Object, status: Object, __: Object) -> Health:
    conditions = status.get("conditions") or ()
    for condition in conditions:
        if condition.get("reason") in _METRIC_FAILURES:
            return _degraded(str(condition.get("message", condition["reason"])))
    good = [
        c for c in conditions if c.get("type") in {"AbleToScale", "ScalingLimited"} and c["status"] == "True"
    ]
    return HEALTHY if good else _progressing("not yet seen by its controller")


def _definition(_: Object, status: Object, __: Object) -> Health:
    if _condition(status, "NamesAccepted").get("status") == "False":
        return _degraded("its names are taken")
    if _condition(status, "Established").get("status") == "True":
        return HEALTHY
    return _progressing("not established yet")


def _by_condition(kind: str) -> Callable[[Object, Object, Object], Health]:
    def rule(_: Object, status: Object, __: Object) -> Health:
        condition = _condition(status, kind)
        if condition.get("status") == "True":
            return HEALTHY
        message = str(condition.get("message", f"not {kind}"))
        return _degraded(message) if condition.get("status") == "False" else _progressing(message)

    return rule


def _api_service(_: Object, status: Object, __: Object) -> Health:
    available = _condition(status, "Available")
    return HEALTHY if available.get("status") == "True" else _progressing(str(available.get("message", "")))


_RULES: dict[tuple[str, str], Callable[[Object, Object, Object], Health]] = {
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _replica_set,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("batch", "Job"): _job,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Service"): _service,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("autoscaling", "HorizontalPodAutoscaler"): _autoscaler,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    ("apiregistration.k8s.io", "APIService"): _api_service,
    ("bitnami.com", "SealedSecret"): _by_condition("Synced"),
}
