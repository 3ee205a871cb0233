"""Health of an Argo Rollout: Argo CD's verdict, and in words what it waits for and since when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops.cluster.health.status import (
    HEALTHY,
    NOT_SEEN,
    Health,
    Status,
    conditions,
    degraded,
    progressing,
    reason,
)
from gitops.model.keys import ObjectKey
from gitops.model.manifest import as_list, as_mapping
from gitops.rollouts.naming import is_rollout

if TYPE_CHECKING:
    from gitops.cluster.client import Object

_INCONCLUSIVE = {
    "InconclusiveAnalysisRun": "its analysis was inconclusive",
    "InconclusiveExperiment": "its experiment was inconclusive",
}


def rollout(spec: Object, status: Object, live: Object) -> Health:
    """An Argo Rollout: its own phase, once its controller has seen the spec and the workload it refers to."""
    metadata = live["metadata"]
    seen = str(status.get("observedGeneration") or "")
    if not status or (seen.isdigit() and int(seen) < int(metadata.get("generation") or 0)):
        return NOT_SEEN
    workload = (metadata.get("annotations") or {}).get("rollout.argoproj.io/workload-generation")
    if spec.get("workloadRef") and workload != status.get("workloadObservedGeneration"):
        return progressing("its workload is not yet seen by its controller")
    if status.get("controllerPause") and not status.get("pauseConditions"):
        return progressing("about to go on")
    phase, message = status.get("phase"), str(status.get("message") or "")
    match phase:
        case "Paused":
            return Health(Status.SUSPENDED, _pause(spec, status) or message or "paused")
        case "Healthy":
            return HEALTHY
        case "Progressing":
            return progressing(f"{message or 'progressing'}{_step(spec, status)}")
        case "Degraded":
            return degraded(message or "degraded")
        case None:
            broken = next((c for c in conditions(status) if c.get("type") == "InvalidSpec"), None)
            return degraded(reason(broken, "invalid spec")) if broken else NOT_SEEN
        case _:
            return Health(Status.UNKNOWN, f"phase {phase!r}")


def canary_steps(spec: Object) -> list[Any]:
    """The steps of a Rollout's spec; none where it is no canary."""
    return as_list(as_mapping(as_mapping(spec.get("strategy")).get("canary")).get("steps"))


def aborted_at(live: Object) -> str:
    """When a Rollout was aborted; "" for one that is not, and for any other object."""
    status = live.get("status") or {}
    if not (status.get("abort") and is_rollout(ObjectKey.of_body(live))):
        return ""
    return str(status.get("abortedAt") or "now")


def waits_for_somebody(live: Object) -> bool:
    """Whether a Rollout is paused and will not go on by itself."""
    spec, status = live.get("spec") or {}, live.get("status") or {}
    if spec.get("paused"):
        return True
    pauses = status.get("pauseConditions") or []
    return any(not _ends(pause, spec, status) for pause in pauses)


def _pause(spec: Object, status: Object) -> str:
    told = ["paused by hand"] if spec.get("paused") else []
    told += [_told(pause, spec, status) for pause in status.get("pauseConditions") or []]
    return "; ".join(told)


def _told(pause: Any, spec: Object, status: Object) -> str:
    name, since = str(pause.get("reason")), f" since {pause.get('startTime')}"
    ends = _ends(pause, spec, status)
    goes_on = f"goes on after {ends}" if ends else "waits until somebody promotes it"
    if name in _INCONCLUSIVE:
        return f"paused{_step(spec, status)}{since}, {_INCONCLUSIVE[name]}: {goes_on}"
    where = " before it takes the traffic" if name == "BlueGreenPause" else _step(spec, status)
    return f"paused{where}{since}: {goes_on}"


def _ends(pause: Any, spec: Object, status: Object) -> str:
    """After what time a pause ends by itself, "" when it does not."""
    if pause.get("reason") == "BlueGreenPause":
        green = (spec.get("strategy") or {}).get("blueGreen") or {}
        seconds = green.get("autoPromotionSeconds")
        return f"{seconds} s" if seconds else ""
    if pause.get("reason") != "CanaryPauseStep":
        return ""
    steps, index = canary_steps(spec), status.get("currentStepIndex") or 0
    step = steps[index] if index < len(steps) else {}
    duration = (step.get("pause") or {}).get("duration")
    return f"{duration} s" if str(duration or "").isdecimal() else str(duration or "")


def _step(spec: Object, status: Object) -> str:
    """Such as ` at step 2 of 5`; counted from one, as people do."""
    steps = canary_steps(spec)
    index = status.get("currentStepIndex")
    return f" at step {index + 1} of {len(steps)}" if index is not None and index < len(steps) else ""
