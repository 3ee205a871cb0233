"""What the cluster tells of objects, from its events."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops.cluster.client import Client, Object
    from gitops.cluster.tree import Branch


class Event(NamedTuple):
    """When something was last told of an object, what, how often, and in which words."""

    time: str
    type: str
    reason: str
    object: str
    times: int
    message: str


def events(client: Client, branches: Sequence[Branch]) -> tuple[Event, ...]:
    """What is told of objects and of what they own, oldest first: one list for each namespace.

    Raises:
        ApiError, Unreachable: the cluster does not answer.
    """
    everything = [branch for root in branches for branch in root.everything()]
    told_of = {branch.live["metadata"].get("uid"): str(branch.key) for branch in everything if branch.live}
    namespaces = sorted({branch.key.namespace or "default" for branch in everything})
    found = []
    for namespace in namespaces:
        for item in client.list(f"/api/v1/namespaces/{namespace}/events"):
            name = told_of.get((item.get("involvedObject") or {}).get("uid"))
            if name:
                found.append(_event(item, name))
    return tuple(sorted(found))


def _event(item: Object, name: str) -> Event:
    series = item.get("series") or {}
    times = (series.get("lastObservedTime"), item.get("lastTimestamp"), item.get("eventTime"))
    made = item["metadata"].get("creationTimestamp", "")
    return Event(
        next((str(time) for time in times if time), str(made)),
        str(item.get("type", "")),
        str(item.get("reason", "")),
        name,
        int(series.get("count") or item.get("count") or 1),
        " ".join(str(item.get("message", "")).split()),
    )
