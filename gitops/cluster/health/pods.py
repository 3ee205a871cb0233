"""Health of a pod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops.cluster.health.status import HEALTHY, Health, Status, condition, degraded, progressing

if TYPE_CHECKING:
    from gitops.cluster.client import Object

_AS_ALWAYS = "argocd.argoproj.io/ignore-restart-policy"


def pod(spec: Object, status: Object, live: Object) -> Health:
    """A Pod: ready, or ended well; one that ends by itself is on its way until it does."""
    annotations = live["metadata"].get("annotations") or {}
    # "" is a pod that no API server has given its default yet
    restarts = spec.get("restartPolicy") or "Always"
    lasting = restarts == "Always" or annotations.get(_AS_ALWAYS) == "true"
    containers = status.get("containerStatuses") or []
    said = str(status.get("message") or status.get("reason") or "")
    if lasting:
        waiting = [(item.get("state") or {}).get("waiting") or {} for item in containers]
        stuck = [state for state in waiting if _is_stuck(state)]
        if stuck:
            return degraded(", ".join(f"{s['reason']}: {s.get('message') or 'waiting'}" for s in stuck))
    match status.get("phase"):
        case "Pending":
            return progressing(said or _unscheduled(status) or "pending")
        case "Succeeded":
            return HEALTHY
        case "Failed":
            ended = [*(status.get("initContainerStatuses") or []), *containers]
            return degraded(said or next(filter(None, map(_failure, ended)), "failed"))
        case "Running" if not lasting:
            return progressing(said or "running")
        case "Running" if condition(status, "Ready").get("status") == "True":
            return HEALTHY
        case "Running":
            crashed = next((i for i in containers if (i.get("lastState") or {}).get("terminated")), None)
            if crashed:
                return degraded(said or f"container {crashed.get('name')} has ended before and is not ready")
            return progressing(said or "not ready")
        case phase:
            return Health(Status.UNKNOWN, said or f"phase {phase!r}")


def _is_stuck(waiting: Any) -> bool:
    """By the naming habits of the kubelet: ErrImagePull, CreateContainerError, CrashLoopBackOff."""
    name = str(waiting.get("reason") or "")
    return name.startswith("Err") or name.endswith(("Error", "BackOff"))


def _failure(container: Any) -> str:
    ended = (container.get("state") or {}).get("terminated") or {}
    if ended.get("message") or ended.get("reason") == "OOMKilled":
        return str(ended.get("message") or "OOMKilled")
    code = ended.get("exitCode")
    return f"container {container.get('name')} ended with exit code {code}" if code else ""


def _unscheduled(status: Object) -> str:
    scheduled = condition(status, "PodScheduled")
    return str(scheduled.get("message") or "") if scheduled.get("status") == "False" else ""
