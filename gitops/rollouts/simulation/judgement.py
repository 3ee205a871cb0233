"""What many simulated runs say of a metric: how they ended, how noisy it is, and when it was at its worst."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from gitops.rollouts.simulation.runs import Phase, phases, runs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gitops.rollouts.simulation.metrics import Metric
    from gitops.rollouts.simulation.runs import Past, Result, Run

_PERCENTILE = 0.95


@dataclass(frozen=True, slots=True)
class Spread:
    """How the measured numbers lie, without those that are none."""

    least: float
    median: float
    p95: float
    most: float


@dataclass(frozen=True, slots=True)
class Bad:
    """Runs one after the other that would not have succeeded.

    Attributes:
        first: when the first of them would have been decided, `last` the last one (seconds since 1970).
        result: what decided the first.
    """

    phase: Phase
    first: float
    last: float
    runs: int
    result: Result


@dataclass(frozen=True, slots=True)
class Judged:
    """A metric in the light of the past.

    Attributes:
        runs: how many ended how.
        measured: how many single measurements, an interval apart, were judged how.
        flips: how often a measurement was judged otherwise than the one before.
        empty: how many of them had no number.
        spread: None when there was no number at all.
        bad: the longest stretches of runs that would not have succeeded, the longest first.
        obstacle: why nothing can be said, "" when something can.
    """

    metric: Metric
    runs: Mapping[Phase, int] = field(default_factory=dict)
    measured: Mapping[Phase, int] = field(default_factory=dict)
    flips: int = 0
    empty: int = 0
    spread: Spread | None = None
    bad: tuple[Bad, ...] = ()
    obstacle: str = ""

    @property
    def passed(self) -> bool | None:
        """Whether every run would have succeeded; None when nothing can be said."""
        if self.obstacle:
            return None
        return self.runs.get(Phase.SUCCESSFUL, 0) == sum(self.runs.values())


@dataclass(frozen=True, slots=True)
class Simulated:
    """One metric of an application, judged."""

    application: str
    judged: Judged


def judged(metric: Metric, past: Past, apart: float, lasts: float) -> Judged:
    """Slide a run of the metric over the past, a start each so many seconds."""
    interval = max(1, round((metric.interval or apart) / past.step))
    results = past.results[::interval]
    each = phases(metric, results)
    numbers = sorted(number for result in results for number in _finite(result))
    if not numbers:
        return Judged(metric, obstacle="Prometheus has no number for it in all that time")
    found = runs(metric, past, apart, lasts)
    if not found:
        needed = lasts if metric.length is None else metric.length
        return Judged(metric, obstacle=f"no run ends within that time: one takes {needed:g} s")
    return Judged(
        metric,
        Counter(run.phase for run in found),
        Counter(each),
        sum(before != after for before, after in pairwise(each)),
        sum(not _finite(result) for result in results),
        Spread(numbers[0], statistics.median(numbers), _percentile(numbers), numbers[-1]),
        _bad(found),
    )


def _finite(result: Result) -> list[float]:
    return [
        number for number in (result if isinstance(result, tuple) else (result,)) if math.isfinite(number)
    ]


def _percentile(numbers: Sequence[float]) -> float:
    """The nearest rank."""
    return numbers[max(0, math.ceil(_PERCENTILE * len(numbers)) - 1)]


def _bad(found: Sequence[Run]) -> tuple[Bad, ...]:
    stretches = []
    for phase, members in groupby(found, key=lambda run: run.phase):
        if phase != Phase.SUCCESSFUL:
            group = list(members)
            stretches.append(Bad(phase, group[0].end, group[-1].end, len(group), group[0].result))
    return tuple(sorted(stretches, key=lambda bad: -bad.runs))
