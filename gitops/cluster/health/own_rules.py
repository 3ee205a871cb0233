"""Health by a rule that the repository or the stack states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.cluster.health.status import HEALTHY, NOT_SEEN, Health, Status, degraded, progressing
from gitops.expressions import ExpressionError, MissingFieldError, holds

if TYPE_CHECKING:
    from gitops.cluster.client import Object
    from gitops.model.health_rule import HealthRule


def judge(rule: HealthRule, live: Object) -> Health:
    """What a rule says of an object, in the order of Flux's RFC 0009: in progress, failed, current.

    A field that is not there yet means that the object is on its way; any other failure of an expression is
    Unknown, with the reason.
    """
    status = live.get("status")
    observed = status.get("observedGeneration") if isinstance(status, dict) else None
    if observed is not None and observed != live["metadata"].get("generation", observed):
        return NOT_SEEN
    for name, expression, verdict in (
        ("inProgress", rule.in_progress, progressing("`inProgress` holds")),
        ("failed", rule.failed, degraded("`failed` holds")),
        ("current", rule.current, HEALTHY),
    ):
        try:
            if expression and holds(expression, live):
                return verdict
        except MissingFieldError as error:
            return progressing(f"`{name}` waits for a field: {error}")
        except ExpressionError as error:
            return Health(Status.UNKNOWN, f"`{name}` {error}")
    return progressing("`current` does not hold yet")
