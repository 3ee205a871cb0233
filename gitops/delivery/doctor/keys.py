"""Whether the keys that open a stack's secrets are there, and young enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.desired import stack_ring
from gitops.model.check import Check, fine, warning
from gitops.model.duration import parse_duration
from gitops.secrets.making import EVERY, is_due

if TYPE_CHECKING:
    from datetime import datetime

    from gitops.model.settings import Settings


def keys(settings: Settings, now: datetime | None = None) -> Check:
    """Whether a key of the stack's ring is due to be followed by a new one.

    Raises:
        GitOpsError: there are no keys, or they can't be had.
    """
    ring = stack_ring(settings)
    count = f"{len(ring)} key{'s' if len(ring) > 1 else ''}"
    if is_due(ring, parse_duration(EVERY), now):
        made = (
            f"the newest is of {ring.newest.not_before:%Y-%m-%d}"
            if ring.pairs[0].certificate
            else "of unknown age"
        )
        step = f"make a new one: gitops secret rotate --stack {settings.stack}"
        return warning("keys", f"{count}, {made}", step)
    return fine("keys", f"{count}, the newest is of {ring.newest.not_before:%Y-%m-%d}")
