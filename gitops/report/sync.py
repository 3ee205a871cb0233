"""What a sync did, as text and JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gitops.model.synced import FAILED, HELD, LEFT_OUT, SYNCED, WAITING
from gitops.report.columns import counted

if TYPE_CHECKING:
    from gitops.model.errors import Problem
    from gitops.model.synced import Synced

SCHEMA = "gitops.internal/sync/v1"
_TITLES = {
    LEFT_OUT: "left out, and as it was",
    FAILED: "failed",
    WAITING: "waits for what failed",
    HELD: "held, and as it was",
}


def as_summary(done: Synced) -> str:
    """One line: what was done and what was not."""
    counts = [f"{count} {change}" for change, count in sorted(done.changes.items())]
    parts = [f"{counted(len(done.having(SYNCED)), 'application')} synced"]
    parts += [f"{len(done.having(r))} {t}" for r, t in _TITLES.items() if done.having(r)]
    parts += [", ".join(counts)] if counts else []
    back = [item for item in done.applications if item.rolled_back]
    parts += [f"{len(back)} went back"] if back else []
    parts.append(f"{counted(len(done.pruned), 'orphan')} pruned")
    return f"{done.stack} is at {done.revision[:12]}: {'; '.join(parts)}"


def as_problems(done: Synced) -> str:
    """Every application that was not synced, with what is wrong and the next step."""
    lines = [f"warning: {problem}" for problem in done.warnings]
    for result, title in _TITLES.items():
        for item in done.having(result):
            lines.append(f"{item.name}: {title}")
            lines += [f"  {line}" for problem in item.problems for line in str(problem).splitlines()]
    return "\n".join(lines)


def as_retry(done: Synced, seconds: float) -> str:
    """That what failed is tried again, and when."""
    names = ", ".join(item.name for item in done.having(FAILED))
    return f"{names} failed; trying again in {seconds:.0f} s"


def as_json(done: Synced) -> str:
    """The documented, versioned form for machines."""
    document = {
        "schema": SCHEMA,
        "stack": done.stack,
        "revision": done.revision,
        "operation": done.operation,
        "applications": [
            {
                "name": item.name,
                "result": item.result,
                "problems": [problem_as_json(one) for one in item.problems],
                "rolledBackTo": item.rolled_back.to if item.rolled_back else "",
            }
            for item in done.applications
        ],
        "changes": dict(sorted(done.changes.items())),
        "pruned": [key.resource_name for key in done.pruned],
        "warnings": [problem_as_json(one) for one in done.warnings],
    }
    return json.dumps(document, indent=2)


def problem_as_json(problem: Problem) -> dict[str, Any]:
    """What is wrong, where, and the next step."""
    place = problem.where
    return {
        "what": problem.what,
        "file": place.file if place else "",
        "line": place.line if place else 0,
        "nextStep": problem.next_step,
    }
