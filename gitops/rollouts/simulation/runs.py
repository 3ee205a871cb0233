"""Runs of one metric at any moment of the past, ended as the controller ends them.

Source of the rules: `analysis/analysis.go` and `utils/evaluate` of Argo Rollouts 1.9.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from gitops.rollouts.simulation.condition import condition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops.rollouts.simulation.metrics import Metric

    Result = tuple[float, ...] | float
    """What a query gives at one moment: the values of a vector, or a number."""

ERROR_RETRY = 10.0
"""Seconds until the controller measures again after an error."""


class Phase(StrEnum):
    """How a measurement or a run ended."""

    SUCCESSFUL = "Successful"
    FAILED = "Failed"
    INCONCLUSIVE = "Inconclusive"
    ERROR = "Error"


@dataclass(frozen=True, slots=True)
class Past:
    """What a query gave at moments that are `step` seconds apart, from `begin` on (seconds since 1970)."""

    begin: float
    step: float
    results: Sequence[Result]


@dataclass(frozen=True, slots=True)
class Run:
    """One simulated run.

    Attributes:
        begin: when it would have started.
        end: when the measurement was taken that decided it.
        result: of that measurement.
    """

    phase: Phase
    begin: float
    end: float
    result: Result


def phases(metric: Metric, results: Sequence[Result]) -> list[Phase]:
    """How each measurement would have been judged."""
    wanted, unwanted = (condition(text) if text else None for text in (metric.success, metric.failure))

    def judged(result: Result) -> Phase:
        try:
            good = wanted(result) if wanted else None
            bad = unwanted(result) if unwanted else None
        except ValueError:
            return Phase.ERROR
        if bad or (bad is None and good is False):
            return Phase.FAILED
        return Phase.INCONCLUSIVE if good is False else Phase.SUCCESSFUL

    return [judged(result) for result in results]


def resolution(metric: Metric) -> float:
    """Seconds apart that moments have to be, so that every measurement of a run falls on one."""
    parts = [part for part in (metric.interval, metric.delay, ERROR_RETRY) if part]
    return math.gcd(*(round(part * 1000) for part in parts)) / 1000


def runs(metric: Metric, past: Past, apart: float, lasts: float) -> tuple[Run, ...]:
    """The runs that start each so many seconds and end within the past.

    A metric without a count is measured for `lasts` seconds, as long as the rollout would have gone on.
    """
    judged = phases(metric, past.results)
    stride = max(1, round(apart / past.step))
    found = (_run(metric, past, judged, start, lasts) for start in range(0, len(judged), stride))
    return tuple(run for run in found if run)


def _run(metric: Metric, past: Past, judged: Sequence[Phase], start: int, lasts: float) -> Run | None:
    """The run that starts at a moment; None when the past ends before it does."""
    numbers = dict.fromkeys(Phase, 0)
    errors = 0
    interval, retry = (
        max(1, round(wait / past.step)) for wait in (metric.interval or ERROR_RETRY, ERROR_RETRY)
    )
    last = start + math.floor(max(lasts, metric.delay) / past.step) if metric.count is None else math.inf
    moment = start + round(metric.delay / past.step)
    while moment < len(judged):
        phase = judged[moment]
        numbers[phase] += 1
        errors = errors + 1 if phase == Phase.ERROR else 0
        ended = _ended(metric, numbers, errors)
        following = moment + (retry if phase == Phase.ERROR else interval)
        if ended is None and following > last:
            ended = Phase.SUCCESSFUL  # the controller ends what goes on for ever so
        if ended:
            return Run(
                ended,
                past.begin + start * past.step,
                past.begin + moment * past.step,
                past.results[moment],
            )
        moment = following
    return None


def _ended(metric: Metric, numbers: dict[Phase, int], errors: int) -> Phase | None:
    """How a run ends after these measurements, None when it goes on; the last rule that holds wins."""
    if errors > metric.errors:
        return Phase.ERROR
    if numbers[Phase.INCONCLUSIVE] > metric.inconclusives:
        return Phase.INCONCLUSIVE
    if 0 <= metric.failures < numbers[Phase.FAILED]:
        return Phase.FAILED
    taken = sum(numbers.values()) - numbers[Phase.ERROR]
    return Phase.SUCCESSFUL if metric.count is not None and taken >= metric.count else None
