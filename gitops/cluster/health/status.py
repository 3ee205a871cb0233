"""The six statuses, their order, and how rules read an object's conditions."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gitops.cluster.client import Object

    # what a kind's rule looks at: spec, status, and the object as a whole
    Rule = Callable[[Object, Object, Object], "Health"]


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
NOT_SEEN = Health(Status.PROGRESSING, "not yet seen by its controller")


def worst(healths: Iterable[Health]) -> Health:
    """The worst of several; healthy when there are none."""
    return max(healths, key=lambda health: _ORDER.index(health.status), default=HEALTHY)


def progressing(message: str) -> Health:
    """On its way: still has a chance."""
    return Health(Status.PROGRESSING, message)


def degraded(message: str) -> Health:
    """Failed, or not able to become healthy."""
    return Health(Status.DEGRADED, message)


def conditions(status: Object) -> list[Any]:
    """The object's conditions; none when it has none yet."""
    return status.get("conditions") or []


def condition(status: Object, kind: str) -> Any:
    """The condition of that type, or an empty one."""
    return next((item for item in conditions(status) if item.get("type") == kind), {})


def reason(condition: Any, otherwise: str) -> str:
    """What a condition says, else its reason, else the words given."""
    return str(condition.get("message") or condition.get("reason") or otherwise)


def stale(status: Object, live: Object) -> bool:
    """Whether the status tells of an older spec."""
    return int(live["metadata"].get("generation") or 0) > int(status.get("observedGeneration") or 0)
