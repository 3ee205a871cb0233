"""Health of the controllers that run pods, and of jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.cluster.health.status import (
    HEALTHY,
    NOT_SEEN,
    Health,
    Status,
    condition,
    degraded,
    progressing,
    reason,
    stale,
)

if TYPE_CHECKING:
    from gitops.cluster.client import Object


def deployment(spec: Object, status: Object, live: Object) -> Health:
    """A Deployment: rolled out, with no old replica left and every new one available."""
    if spec.get("paused"):
        return Health(Status.SUSPENDED, "paused")
    if stale(status, live):
        return NOT_SEEN
    if condition(status, "Progressing").get("reason") == "ProgressDeadlineExceeded":
        return degraded("exceeded its progress deadline")
    wanted, updated = spec.get("replicas", 1), status.get("updatedReplicas", 0)
    total, available = status.get("replicas", 0), status.get("availableReplicas", 0)
    if updated < wanted:
        return progressing(f"{updated} of {wanted} replicas updated")
    if total > updated:
        return progressing(f"{total - updated} old replicas left")
    if available < updated:
        return progressing(f"{available} of {updated} replicas available")
    return HEALTHY


def replica_set(spec: Object, status: Object, live: Object) -> Health:
    """A ReplicaSet: every replica available."""
    if stale(status, live):
        return NOT_SEEN
    failure = condition(status, "ReplicaFailure")
    if failure.get("status") == "True":
        return degraded(reason(failure, "can't make its pods"))
    wanted, available = spec.get("replicas", 1), status.get("availableReplicas", 0)
    return HEALTHY if available >= wanted else progressing(f"{available} of {wanted} replicas available")


def stateful_set(spec: Object, status: Object, live: Object) -> Health:
    """A StatefulSet: every replica ready, and those above the partition updated."""
    if not status.get("observedGeneration") or stale(status, live):
        return NOT_SEEN
    wanted, ready = spec.get("replicas", 1), status.get("readyReplicas", 0)
    if ready < wanted:
        return progressing(f"{ready} of {wanted} replicas ready")
    strategy, updated = spec.get("updateStrategy") or {}, status.get("updatedReplicas", 0)
    # the API server sets partition 0 where none is stated, so that most sets are judged here
    partition = (strategy.get("rollingUpdate") or {}).get("partition")
    if strategy.get("type") == "RollingUpdate" and partition is not None:
        due = wanted - partition
        return HEALTHY if updated >= due else progressing(f"{updated} of {due} replicas updated")
    if strategy.get("type") == "OnDelete":
        return HEALTHY
    if status.get("updateRevision") != status.get("currentRevision"):
        return progressing(f"{updated} of {wanted} replicas updated")
    return HEALTHY


def daemon_set(spec: Object, status: Object, live: Object) -> Health:
    """A DaemonSet: updated and available on every node that it is meant for."""
    if stale(status, live):
        return NOT_SEEN
    if (spec.get("updateStrategy") or {}).get("type") == "OnDelete":
        return HEALTHY
    wanted = status.get("desiredNumberScheduled", 0)
    for field, word in (("updatedNumberScheduled", "updated"), ("numberAvailable", "available")):
        if status.get(field, 0) < wanted:
            return progressing(f"{status.get(field, 0)} of {wanted} pods {word}")
    return HEALTHY


def job(_: Object, status: Object, __: Object) -> Health:
    """A Job: ended well. Failed wins over Complete, as it does for Argo CD."""
    failed = condition(status, "Failed")
    if failed.get("status") == "True":
        return degraded(reason(failed, "failed"))
    if condition(status, "Complete").get("status") == "True":
        return HEALTHY
    if condition(status, "Suspended").get("status") == "True":
        return Health(Status.SUSPENDED, "suspended")
    return progressing("running")


def cron_job(spec: Object, status: Object, _: Object) -> Health:
    """A CronJob: degraded only when its last run is known to have failed; a suspended one is healthy."""
    last, succeeded = status.get("lastScheduleTime"), status.get("lastSuccessfulTime")
    if spec.get("suspend") or status.get("active") or not last or not succeeded:
        return HEALTHY
    # both are RFC 3339 in UTC, which sorts as text
    return degraded(f"its run of {last} has not succeeded") if succeeded < last else HEALTHY
