"""Trying a sync again when something of it failed in the cluster.

The pauses are Argo CD's: the first one, then each longer by a factor, up to a longest one.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from gitops.model.synced import FAILED

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitops.model.sync import Retry
    from gitops.model.synced import Synced


def with_retries(
    attempt: Callable[[], Synced],
    on_pause: Callable[[Synced, float], None],
    sleep: Callable[[float], None] = time.sleep,
) -> Synced:
    """Sync until nothing fails, or until no application that failed may be tried again; give the last result.

    Each attempt takes the newest commit, so that one that mends the failure counts at once. `on_pause` is told
    what failed and how many seconds the pause is.

    Raises:
        GitOpsError: an attempt could not begin at all.
    """
    tried = 0
    while True:
        done = attempt()
        seconds = next_pause(done, tried)
        if seconds is None:
            return done
        on_pause(done, seconds)
        sleep(seconds)
        tried += 1


def next_pause(done: Synced, tried: int) -> float | None:
    """Seconds until what failed may be tried again; None when nothing failed, or often enough."""
    pauses = [
        pause(item.retry, tried)
        for item in done.having(FAILED)
        if not item.rolled_back and _may(item.retry, tried)
    ]
    return min(pauses) if pauses else None


def pause(retry: Retry, tried: int) -> float:
    """Seconds before the next attempt, when this many have been repeated already."""
    try:
        return min(retry.most, retry.first * retry.factor**tried)
    except OverflowError:
        return retry.most


def _may(retry: Retry, tried: int) -> bool:
    return retry.limit < 0 or tried < retry.limit
