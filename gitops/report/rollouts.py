"""Rollouts as tables and a view for people, or JSON for machines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gitops.report.columns import aligned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gitops.cluster.rollout_view import RolloutView, Version

SCHEMA = "gitops.internal/rollouts/v1"
HISTORY = "gitops.internal/rollout-history/v1"
COLUMNS = ("APPLICATION", "ROLLOUT", "STRATEGY", "STEP", "WEIGHT", "HEALTH", "MESSAGE")
VERSIONS = ("REVISION", "VERSION", "ROLE", "READY", "IMAGES")
PAST = ("REVISION", "CREATED", "COMMIT", "ENDED", "VERSION", "IMAGES")
_MARKS = {"done": "✓", "now": "▶", "next": " "}


def as_table(found: Sequence[RolloutView], *, headers: bool = True) -> str:
    """One row a Rollout."""
    rows = [
        (
            item.application,
            item.key.name,
            item.strategy,
            _at(item) or "-",
            str(item.weights.actual) if item.weights else "-",
            item.health.status.value,
            item.why,
        )
        for item in found
    ]
    return aligned([COLUMNS, *rows] if headers else rows or [("",)])


def as_names(found: Sequence[RolloutView]) -> str:
    """The application and the name of each, such as `web/web`."""
    return "\n".join(f"{item.application}/{item.key.name}" for item in found)


def as_text(found: Sequence[RolloutView]) -> str:
    """All of each Rollout, below each other."""
    return "\n\n".join("\n".join(_lines(item)) for item in found)


def as_json(stack: str, found: Sequence[RolloutView]) -> str:
    """The documented, versioned form for machines."""
    return json.dumps(
        {"schema": SCHEMA, "stack": stack, "rollouts": [_entry(item) for item in found]}, indent=2
    )


def history_as_table(
    found: Sequence[RolloutView], commit: Callable[[RolloutView, Version], str], *, headers: bool = True
) -> str:
    """One row a version, the newest first, one Rollout after the other."""
    rows = [
        (
            str(one.revision),
            one.created,
            commit(item, one)[:12] or "-",
            one.ended,
            one.name,
            ", ".join(one.images),
        )
        for item in found
        for one in item.versions
    ]
    return aligned([PAST, *rows] if headers else rows or [("",)])


def history_as_json(
    stack: str, found: Sequence[RolloutView], commit: Callable[[RolloutView, Version], str]
) -> str:
    """The documented, versioned form for machines."""
    entries = [
        {
            "application": item.application,
            "key": item.key.resource_name,
            "versions": [{**_version(one), "commit": commit(item, one)} for one in item.versions],
        }
        for item in found
    ]
    return json.dumps({"schema": HISTORY, "stack": stack, "rollouts": entries}, indent=2)


def _at(item: RolloutView) -> str:
    """Such as `2/5`; counted from one."""
    place = next((n for n, step in enumerate(item.steps, 1) if step.state == "now"), 0)
    return f"{place or len(item.steps)}/{len(item.steps)}" if item.steps else ""


def _lines(item: RolloutView) -> Iterator[str]:
    group = f", group {item.group}" if item.group else ""
    yield f"{item.key}  {item.strategy}{group}"
    yield f"  {item.health.status.value}{f': {item.why}' if item.why else ''}"
    if item.weights:
        yield f"  traffic for the new version: {item.weights.actual} %, wanted {item.weights.wanted} %"
    for number, step in enumerate(item.steps, 1):
        yield f"  {_MARKS[step.state]} {number} {step.told}"
    rows = [
        (
            str(one.revision),
            one.name,
            ", ".join(one.roles) or "-",
            f"{one.ready}/{one.wanted}",
            ", ".join(one.images),
        )
        for one in item.versions
        if one.roles or one.wanted
    ]
    yield from (f"  {line}" for line in aligned([VERSIONS, *rows]).splitlines())
    for run in item.analyses:
        yield f"  analysis {run.name} {run.when}: {run.phase}"
        for metric in run.metrics:
            counts = ", ".join(f"{number} {how}" for how, number in metric.counts.items())
            told = "; ".join(part for part in (counts, f"last {metric.last}" if metric.last else "") if part)
            yield f"    {metric.name} {metric.phase}{f': {told}' if told else ''}"


def _entry(item: RolloutView) -> dict[str, Any]:
    return {
        "application": item.application,
        "key": item.key.resource_name,
        "group": item.group,
        "strategy": item.strategy,
        "health": {"status": item.health.status.value, "message": item.why},
        "steps": [step._asdict() for step in item.steps],
        "weights": item.weights._asdict() if item.weights else None,
        "versions": [_version(one) for one in item.versions],
        "analyses": [
            {**run._asdict(), "metrics": [metric._asdict() for metric in run.metrics]}
            for run in item.analyses
        ],
    }


def _version(one: Version) -> dict[str, Any]:
    return one._asdict()
