"""Measure until a check is decided: its count is reached, or more have failed than may."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from gitops.model.verification import Verified

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gitops.model.verification import Check, Measurement

_AT_ONCE = 16


def verify(
    checks: Sequence[Check],
    measure: Callable[[Check], Measurement],
    on_measurement: Callable[[Check, Measurement], None] = lambda *_: None,
    pause: Callable[[float], None] = time.sleep,
) -> tuple[Verified, ...]:
    """Run all checks side by side; gives each one's measurements in the order of the checks.

    `on_measurement` is called from several threads.
    """
    if not checks:
        return ()

    def run(check: Check) -> Verified:
        taken: list[Measurement] = []
        failures = 0
        while len(taken) < check.count and failures <= check.failure_limit:
            if taken:
                pause(check.interval)
            measurement = measure(check)
            taken.append(measurement)
            failures += not measurement.well
            on_measurement(check, measurement)
        return Verified(check, tuple(taken))

    with ThreadPoolExecutor(max_workers=min(len(checks), _AT_ONCE)) as pool:
        return tuple(pool.map(run, checks))
