"""When an object of a built-in kind is ready: pure rules over the live object, first match wins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.provider.verdict import READY, Verdict, failed, waiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitops.cluster.client import Object


def rule(obj: Object) -> Callable[[Object], Verdict] | None:
    """The rule for an object's kind, or None for a kind that is ready as soon as it exists."""
    group = str(obj.get("apiVersion", "")).rpartition("/")[0]
    return _RULES.get((group, str(obj.get("kind", ""))))


def _parts(obj: Object) -> tuple[Any, Any]:
    return obj.get("spec") or {}, obj.get("status") or {}


def _condition(status: Any, name: str) -> Any:
    return next((c for c in status.get("conditions") or () if c.get("type") == name), {})


def _why(condition: Any) -> str:
    return ": ".join(filter(None, [condition.get("reason"), condition.get("message")]))


def _unobserved(obj: Object, status: Any) -> Verdict | None:
    """A status about an older generation says nothing about this one."""
    if (status.get("observedGeneration") or 0) < (obj.get("metadata", {}).get("generation") or 0):
        return waiting("its controller has not seen the latest change yet")
    return None


def _deployment(obj: Object) -> Verdict:
    spec, status = _parts(obj)
    wanted = spec.get("replicas", 1)
    if wanted == 0 and not status.get("replicas"):
        return READY
    stale = _unobserved(obj, status)
    if stale:
        return stale
    if spec.get("paused"):
        return READY
    progressing = _condition(status, "Progressing")
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        return failed(_why(progressing))
    replica_failure = _condition(status, "ReplicaFailure")
    if replica_failure.get("status") == "True":
        return waiting(_why(replica_failure))
    updated, available = status.get("updatedReplicas") or 0, status.get("availableReplicas") or 0
    if updated < wanted:
        return waiting(f"{updated} of {wanted} replicas updated")
    if (status.get("replicas") or 0) > updated:
        return waiting(f"{status['replicas'] - updated} old replicas still there")
    if available < wanted:
        return waiting(f"{available} of {wanted} replicas available")
    return READY


def _stateful_set(obj: Object) -> Verdict:
    spec, status = _parts(obj)
    wanted = spec.get("replicas", 1)
    stale = _unobserved(obj, status)
    if stale:
        return stale
    ready = status.get("readyReplicas") or 0
    if ready < wanted:
        return waiting(f"{ready} of {wanted} replicas ready")
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return READY
    partition = (strategy.get("rollingUpdate") or {}).get("partition") or 0
    updated, due = status.get("updatedReplicas") or 0, max(0, wanted - partition)
    if status.get("updateRevision") != status.get("currentRevision") and updated < due:
        return waiting(f"{updated} of {due} replicas updated")
    return READY


def _daemon_set(obj: Object) -> Verdict:
    spec, status = _parts(obj)
    stale = _unobserved(obj, status)
    if stale:
        return stale
    wanted = status.get("desiredNumberScheduled") or 0
    updated, available = status.get("updatedNumberScheduled") or 0, status.get("numberAvailable") or 0
    if (spec.get("updateStrategy") or {}).get("type") != "OnDelete" and updated < wanted:
        return waiting(f"{updated} of {wanted} pods updated")
    if available < wanted:
        return waiting(f"{available} of {wanted} pods available")
    return READY


def _replication_controller(obj: Object) -> Verdict:
    spec, status = _parts(obj)
    stale = _unobserved(obj, status)
    if stale:
        return stale
    wanted, ready = spec.get("replicas", 1), status.get("readyReplicas") or 0
    if ready < wanted:
        return waiting(f"{ready} of {wanted} replicas ready")
    return READY


def _job(obj: Object) -> Verdict:
    spec, status = _parts(obj)
    failure = _condition(status, "Failed")
    if failure.get("status") == "True":
        return failed(f"the job failed: {_why(failure)}")
    if _condition(status, "Complete").get("status") == "True" or spec.get("suspend"):
        return READY
    return waiting(f"{status.get('succeeded') or 0} of {spec.get('completions') or 1} completions")


def _pod(obj: Object) -> Verdict:
    _, status = _parts(obj)
    phase = status.get("phase", "Pending")
    ready = _condition(status, "Ready")
    if phase == "Succeeded" or (phase == "Running" and ready.get("status") == "True"):
        return READY
    if phase == "Failed":
        return failed(f"the pod failed: {_why(status) or 'its containers ended with an error'}")
    return waiting(f"phase {phase}{f', {_why(ready)}' if _why(ready) else ''}")


def _claim(obj: Object) -> Verdict:
    phase = _parts(obj)[1].get("phase", "Pending")
    if phase == "Lost":
        return failed("the volume behind the claim is lost")
    return READY if phase == "Bound" else waiting(f"phase {phase}, no volume bound")


def _volume(obj: Object) -> Verdict:
    status = _parts(obj)[1]
    phase = status.get("phase", "Pending")
    if phase == "Failed":
        return failed(f"the volume failed: {_why(status)}")
    return READY if phase in {"Available", "Bound", "Released"} else waiting(f"phase {phase}")


def _service(obj: Object) -> Verdict:
    """Endpoints are other objects; whether there are any is asked beside this rule."""
    spec, status = _parts(obj)
    if spec.get("type") == "LoadBalancer" and not (status.get("loadBalancer") or {}).get("ingress"):
        return waiting("the load balancer has no address yet")
    return READY


def needs_endpoints(service: Object) -> bool:
    """Whether a Service forwards to pods that have to exist before it is of use."""
    spec = service.get("spec") or {}
    return (
        bool(spec.get("selector")) and spec.get("type") != "ExternalName" and spec.get("clusterIP") != "None"
    )


def _ingress(obj: Object) -> Verdict:
    balancer = _parts(obj)[1].get("loadBalancer") or {}
    if balancer.get("ingress"):
        return READY
    return waiting("no address in .status.loadBalancer: no ingress controller has taken it up")


def _quota(obj: Object) -> Verdict:
    spec, status = _parts(obj)
    return (
        READY
        if (spec.get("hard") or {}).keys() <= (status.get("hard") or {}).keys()
        else waiting("not in force yet")
    )


def _token(obj: Object) -> Verdict:
    if obj.get("type") == "kubernetes.io/service-account-token" and not (obj.get("data") or {}).get("token"):
        return waiting("the token has not been issued yet")
    return READY


_RULES: dict[tuple[str, str], Callable[[Object], Verdict]] = {
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("batch", "Job"): _job,
    ("", "Pod"): _pod,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "PersistentVolume"): _volume,
    ("", "Service"): _service,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("", "ReplicationController"): _replication_controller,
    ("", "ResourceQuota"): _quota,
    ("", "Secret"): _token,
}
