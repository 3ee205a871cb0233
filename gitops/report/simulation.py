"""What analyses would have said of the past, as text and as JSON."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gitops.report.columns import aligned, counted
from gitops.rollouts.simulation.runs import Phase

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitops.rollouts.simulation.judgement import Bad, Judged, Simulated
    from gitops.rollouts.simulation.runs import Result

SCHEMA = "gitops.internal/simulation/v1"
COLUMNS = (
    "ROLLOUT",
    "METRIC",
    "RESULT",
    "RUNS",
    "BAD RUNS",
    "BAD MEASURED",
    "FLIPS",
    "MIN",
    "MEDIAN",
    "P95",
    "MAX",
)
_WORST = 3
_VALUES = 5


def as_text(found: Sequence[Simulated], *, headers: bool = True) -> str:
    """A row for each metric; below, what stands for the past's hashes, and when runs would not have succeeded."""
    rows = [_row(item.judged) for item in found]
    table = aligned([COLUMNS, *rows] if headers else rows)
    return "\n".join([table, *(line for item in found for line in _lines(item.judged))])


def as_json(stack: str, revision: str, span: tuple[float, float], found: Sequence[Simulated]) -> str:
    """The documented, versioned form for machines; `span` is the time that was looked at (seconds since 1970)."""
    document = {
        "schema": SCHEMA,
        "stack": stack,
        "revision": revision,
        "from": _time(span[0]),
        "to": _time(span[1]),
        "passed": passed(found),
        "metrics": [_entry(item) for item in found],
    }
    return json.dumps(document, indent=2)


def passed(found: Sequence[Simulated]) -> bool | None:
    """Whether all that counts would have passed; None where it can't be told, and nothing would have failed."""
    verdicts = {item.judged.passed for item in found if not item.judged.metric.dry_run}
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _row(judged: Judged) -> tuple[str, ...]:
    metric, spread = judged.metric, judged.spread
    name = f"{metric.name} (dry run)" if metric.dry_run else metric.name
    head = (f"{metric.rollout.namespace}/{metric.rollout.name}", name, _word(judged.passed))
    if spread is None:
        return (*head, *("-" for _ in COLUMNS[3:]))
    numbers = (f"{number:.4g}" for number in (spread.least, spread.median, spread.p95, spread.most))
    counts = (_share(judged.runs), _share(judged.measured), str(judged.flips))
    return (*head, str(sum(judged.runs.values())), *counts, *numbers)


def _share(counts: Any) -> str:
    """How many did not succeed, of how many, and how they ended, such as `2.5 % (3 Failed)`."""
    total = sum(counts.values())
    bad = {phase: number for phase, number in counts.items() if phase != Phase.SUCCESSFUL and number}
    if not bad:
        return "0"
    told = ", ".join(f"{bad[phase]} {phase}" for phase in Phase if phase in bad)
    return f"{100 * sum(bad.values()) / total:.3g} % ({told})"


def _lines(judged: Judged) -> Iterator[str]:
    metric = judged.metric
    of = f"{metric.rollout.namespace}/{metric.rollout.name} {metric.name}"
    for name, value in metric.filled:
        yield f"{of}: {value} stands for {name}: all versions that ran are measured together"
    if judged.obstacle:
        yield f"{of}: not simulated: {judged.obstacle}"
    if judged.empty:
        yield f"{of}: {judged.empty} of {sum(judged.measured.values())} measurements had no number"
    for bad in judged.bad[:_WORST]:
        yield f"{of}: {_bad(bad, judged)}"
    if len(judged.bad) > _WORST:
        yield f"{of}: and {counted(len(judged.bad) - _WORST, 'shorter time')} like that"


def _bad(bad: Bad, judged: Judged) -> str:
    until = f" to {_time(bad.last)}" if bad.last > bad.first else ""
    wanted = judged.metric.success or f"not {judged.metric.failure}"
    return (
        f"{counted(bad.runs, 'run')} {bad.phase} at {_time(bad.first)}{until}:"
        f" measured {_value(bad.result)}, wanted {wanted}"
    )


def _entry(item: Simulated) -> dict[str, Any]:
    judged = item.judged
    metric, spread = judged.metric, judged.spread
    return {
        "application": item.application,
        "rollout": metric.rollout.resource_name,
        "template": metric.template,
        "name": metric.name,
        "places": list(metric.places),
        "prometheus": metric.address,
        "query": metric.query,
        "filled": dict(metric.filled),
        "dryRun": metric.dry_run,
        "passed": judged.passed,
        "obstacle": judged.obstacle,
        "runs": {str(phase): judged.runs.get(phase, 0) for phase in Phase},
        "measurements": {str(phase): judged.measured.get(phase, 0) for phase in Phase},
        "flips": judged.flips,
        "empty": judged.empty,
        "spread": spread
        and {"min": spread.least, "median": spread.median, "p95": spread.p95, "max": spread.most},
        "bad": [
            {
                "phase": str(bad.phase),
                "from": _time(bad.first),
                "to": _time(bad.last),
                "runs": bad.runs,
                "value": _value(bad.result),
            }
            for bad in judged.bad
        ],
    }


def _word(verdict: bool | None) -> str:
    return {True: "passed", False: "failed", None: "unknown"}[verdict]


def _value(result: Result) -> str:
    """The values as the controller writes them down."""
    if not isinstance(result, tuple):
        return _number(result)
    more = ",…" if len(result) > _VALUES else ""
    return f"[{','.join(map(_number, result[:_VALUES]))}{more}]"


def _number(value: float) -> str:
    return "NaN" if math.isnan(value) else f"{value:g}"


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
