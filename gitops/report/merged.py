"""What became of a merged change on every stack, as text and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gitops.report.preview import as_text, entries
from gitops.report.sync import as_problems, as_summary, problem_as_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitops.model.merged import Merged

SCHEMA = "gitops.internal/ci-deployment/v1"


def as_lines(done: Merged) -> str:
    """One stack: what was to be done, what was not shown before, and how it ended."""
    lines = [as_text(done.preview, diffs=False)] if done.preview else []
    lines += [f"  besides: {line}" for line in done.beside]
    if done.superseded:
        lines.append(
            f"{done.stack} runs {done.superseded[:12]} already, which comes after it: nothing was done"
        )
    if done.synced:
        lines += filter(None, [as_problems(done.synced), as_summary(done.synced)])
    lines += [f"error: {problem}" for problem in (done.error.problems if done.error else ())]
    return "\n".join(lines)


def as_json(found: Iterable[Merged]) -> str:
    """The documented, versioned form for machines."""
    return json.dumps({"schema": SCHEMA, "stacks": [_stack(item) for item in found]}, indent=2)


def _stack(done: Merged) -> dict[str, Any]:
    preview, synced = done.preview, done.synced
    return {
        "stack": done.stack,
        "before": preview.before if preview else "",
        "revision": preview.after if preview else "",
        "digest": preview.digest if preview else "",
        "changes": entries(preview) if preview else [],
        "beside": list(done.beside),
        "superseded": done.superseded,
        "operation": synced.operation if synced else "",
        "results": [
            {"application": item.name, "result": item.result}
            for item in (synced.applications if synced else ())
        ],
        "problems": [problem_as_json(problem) for problem in done.problems],
    }
