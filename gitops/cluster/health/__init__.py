"""How well a live object is, by Argo CD's rules and by the repository's own.

In comes an object as the API server holds it, out goes one of six statuses with the reason for it.
This room does not know what was wanted, how the object was read or what waits for it.
"""

from gitops.cluster.health.kinds import health
from gitops.cluster.health.rollouts import aborted_at, canary_steps, waits_for_somebody
from gitops.cluster.health.status import HEALTHY, Health, Status, worst

__all__ = [
    "HEALTHY",
    "Health",
    "Status",
    "aborted_at",
    "canary_steps",
    "health",
    "waits_for_somebody",
    "worst",
]
