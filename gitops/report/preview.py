"""What a change would do to every stack, as lines and as JSON."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

from gitops.report.columns import counted
from gitops.report.manifests import Change, as_diff
from gitops.report.sync import problem_as_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitops.model.preview import ObjectChange, Preview, StackPreview

SCHEMA = "gitops.internal/preview/v1"
_SIGNS = {"created": "+", "changed": "~", "replaced": "±", "deleted": "-", "left": "="}


def summary(preview: Preview) -> str:
    """One line, such as `2 created, 1 deleted on 2 of 3 stacks; 1 problem`."""
    touched = sum(1 for item in preview.stacks if item.changes)
    what = counts(preview.counts)
    where = f" on {touched} of {counted(len(preview.stacks), 'stack')}" if touched else ""
    wrong = f"; {counted(len(preview.problems), 'problem')}" if preview.problems else ""
    return f"{what}{where}{wrong}"


def counts(found: Mapping[str, int]) -> str:
    """Such as `2 created, 1 deleted`."""
    return ", ".join(f"{count} {effect}" for effect, count in found.items()) or "no difference"


def as_text(stack: StackPreview, *, diffs: bool = True) -> str:
    """One stack: by wave and application, what happens to each object and how it differs."""
    before = stack.before[:12] or "nothing"
    lines = [
        f"{stack.stack}: {before} → {stack.after[:12] or 'unknown'}, {counts(stack.counts)}, plan {stack.digest}"
    ]
    for (wave, application), found in by_application(stack):
        lines.append(f"  wave {wave}, {application}")
        for change in found:
            lines.append(f"    {_SIGNS[change.effect]} {change.effect} {change.key}")
            lines += [f"        ! {warning}" for warning in change.warnings]
    lines += [f"  runs {name}" for name in stack.hooks]
    lines += [f"  note: {note}" for note in stack.notes]
    if stack.drift is not None:
        lines.append(f"  in the cluster, {counted(stack.drift, 'thing')} would have to change")
    lines += [f"  wrong: {line}" for problem in stack.problems for line in str(problem).splitlines()]
    told = "\n".join(lines)
    shown = "".join(diff_of(change) for change in stack.changes) if diffs else ""
    return f"{told}\n{shown}".rstrip("\n")


def by_application(stack: StackPreview) -> Iterable[tuple[tuple[int, str], list[ObjectChange]]]:
    """A stack's changes by wave and application, in order."""
    return [
        (place, list(found))
        for place, found in groupby(stack.changes, key=lambda change: (change.wave, change.application))
    ]


def diff_of(change: ObjectChange) -> str:
    """A unified diff of the object's YAML; values of a Secret are never in it."""
    return as_diff([Change(change.key, change.before, change.after)])


def as_json(preview: Preview) -> str:
    """The documented, versioned form for machines, by which a deployment is held to what was shown."""
    document = {
        "schema": SCHEMA,
        "base": preview.base,
        "head": preview.head,
        "digest": preview.digest,
        "stacks": [_stack(item) for item in preview.stacks],
    }
    return json.dumps(document, indent=2)


def _stack(item: StackPreview) -> dict[str, Any]:
    return {
        "stack": item.stack,
        "before": item.before,
        "after": item.after,
        "digest": item.digest,
        "drift": item.drift,
        "changes": entries(item),
        "hooks": list(item.hooks),
        "notes": list(item.notes),
        "problems": [problem_as_json(problem) for problem in item.problems],
    }


def entries(stack: StackPreview) -> list[dict[str, Any]]:
    """A stack's changes as documents for machines have them."""
    return [
        {
            "wave": change.wave,
            "application": change.application,
            "object": change.key.resource_name,
            "change": str(change.effect),
            "digest": change.digest,
            "fields": list(change.fields),
            "warnings": list(change.warnings),
        }
        for change in stack.changes
    ]
