"""Why something is not ready, in plain words: read from its pods and its warnings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops.cluster.client import Object

_WORKLOADS = frozenset(
    {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"}
)
_HARMLESS = frozenset(
    {"ContainerCreating", "PodInitializing", "ContainersNotReady", "ContainersNotInitialized"}
)
_MOST = 3


def selector(obj: Object) -> str:
    """The label selector of the pods of a workload, or an empty text for what has none."""
    if obj.get("kind") not in _WORKLOADS:
        return ""
    chosen = (obj.get("spec") or {}).get("selector") or {}
    labels = chosen.get("matchLabels", {}) if obj["kind"] != "ReplicationController" else chosen
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def of_pods(pods: list[Object]) -> list[str]:
    """One line for each different trouble, the most frequent first, three at most."""
    lines: dict[str, list[str]] = {}
    for pod in pods:
        for trouble in _troubles(pod):
            lines.setdefault(trouble, []).append(pod["metadata"]["name"])
    ranked = sorted(lines.items(), key=lambda item: (-len(item[1]), item[0]))[:_MOST]
    return [
        f"pod {names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {trouble}"
        for trouble, names in ranked
    ]


def _troubles(pod: Object) -> Iterator[str]:
    status: Any = pod.get("status") or {}
    if any(c.get("type") == "Ready" and c.get("status") == "True" for c in status.get("conditions") or ()):
        return
    found = False
    for container in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        trouble = _trouble(container)
        if trouble:
            found = True
            yield trouble
    for condition in status.get("conditions") or ():
        said = condition.get("reason", "")
        if condition.get("status") == "False" and said and said not in _HARMLESS and not found:
            found = True
            yield _said(said, _first_sentence(condition.get("message", "")))
    if not found and status.get("reason"):
        yield _said(status["reason"], status.get("message", ""))


def _trouble(container: Any) -> str:
    state = container.get("state") or {}
    waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
    last = (container.get("lastState") or {}).get("terminated") or {}
    if waiting and waiting.get("reason") not in _HARMLESS | {None}:
        code = f", exit code {last['exitCode']}" if "exitCode" in last else ""
        why = f" ({last['reason']})" if last.get("reason") not in {None, "Error"} else ""
        said = "" if code else waiting.get("message", "")
        return _said(f"{waiting['reason']}{code}{why}", said)
    if ended and ended.get("exitCode"):
        return _said(
            f"{ended.get('reason') or 'Error'}, exit code {ended['exitCode']}", ended.get("message", "")
        )
    return ""


def _first_sentence(message: str) -> str:
    """What the scheduler says after its first sentence repeats it."""
    return message.partition(". ")[0]


def of_events(events: list[Object]) -> list[str]:
    """The latest warnings, each reason once."""
    warnings = sorted(
        (
            e
            for e in events
            if e.get("type") == "Warning" or e.get("reason") in {"WaitForFirstConsumer", "FailedBinding"}
        ),
        key=lambda e: e.get("lastTimestamp") or e.get("eventTime") or "",
        reverse=True,
    )
    latest = {
        e.get("reason", ""): _said(e.get("reason", ""), e.get("message", "")) for e in reversed(warnings)
    }
    return list(latest.values())[-_MOST:]


def _said(reason: str, message: str) -> str:
    text = " ".join(message.split())
    return f"{reason}: {text[:300]}" if text else reason
