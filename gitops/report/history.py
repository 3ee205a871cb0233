"""A stack's deployments, as a table for people or JSON for machines."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gitops.report.columns import aligned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops.model.deployment import Deployment

SCHEMA = "gitops.internal/history/v1"
COLUMNS = ("ID", "STARTED", "TOOK", "BY", "REVISION", "OUTCOME", "CHANGES", "APPLICATIONS")
_SHOWN = 4
"""Applications that are named in a row."""


def as_table(deployments: Sequence[Deployment], *, headers: bool = True, wide: bool = False) -> str:
    """One row a deployment, newest first; why one failed follows its row, indented."""
    rows = [COLUMNS, *(_row(item, wide=wide) for item in deployments)]
    lines = aligned(rows).splitlines()
    told = lines[:1] if headers else []
    for line, item in zip(lines[1:], deployments, strict=True):
        told += [line, *([f"      {item.reason}"] if item.reason else [])]
    return "\n".join(told)


def document(stack: str, application: str, deployments: Sequence[Deployment]) -> dict[str, Any]:
    """The documented, versioned form for machines."""
    about = {"application": application} if application else {}
    return {
        "schema": SCHEMA,
        "stack": stack,
        **about,
        "deployments": [_entry(item) for item in deployments],
    }


def as_json(stack: str, application: str, deployments: Sequence[Deployment]) -> str:
    """The same as text."""
    return json.dumps(document(stack, application, deployments), indent=2)


def seconds(deployment: Deployment) -> int | None:
    """How long it took; None while it runs."""
    try:
        took = datetime.fromisoformat(deployment.finished) - datetime.fromisoformat(deployment.started)
    except ValueError:
        return None
    return int(took.total_seconds())


def _row(item: Deployment, *, wide: bool) -> tuple[str, ...]:
    took = seconds(item)
    changes = " ".join(f"{n} {what}" for what, n in sorted(item.changes.items()) if what != "same")
    return (
        str(item.number),
        item.started,
        "" if took is None else f"{took}s",
        item.intent.by if item.intent else "pulumi",
        item.revision[: 40 if wide else 12] or item.configured or "-",
        item.outcome if item.kind == "update" else f"{item.outcome} ({item.kind})",
        changes or "none",
        _applications(item, wide=wide),
    )


def _applications(item: Deployment, *, wide: bool) -> str:
    if item.intent is None:
        return item.message.partition("\n")[0] or "not told"
    names = item.intent.applications
    shown = names if wide else names[:_SHOWN]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    why = f" ({item.intent.why})" if item.intent.why else ""
    return f"{', '.join(shown) or 'none'}{more}{why}"


def _entry(item: Deployment) -> dict[str, Any]:
    intent = item.intent
    return {
        "id": item.number,
        "kind": item.kind,
        "operation": intent.operation if intent else "",
        "by": intent.by if intent else "",
        "asked": intent.asked if intent else item.configured,
        "revision": item.revision,
        "applications": list(intent.applications) if intent else None,
        "leftOut": list(intent.left_out) if intent else None,
        "why": intent.why if intent else "",
        "message": item.message,
        "started": item.started,
        "finished": item.finished,
        "seconds": seconds(item),
        "outcome": item.outcome,
        "reason": item.reason,
        "changes": dict(sorted(item.changes.items())),
    }
