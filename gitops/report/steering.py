"""What became of Rollouts that were steered by hand, as lines for people or JSON for machines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops.cluster.acts import Steered
    from gitops.cluster.health import Health

SCHEMA = "gitops.internal/steering/v1"


def as_text(found: Sequence[Steered]) -> str:
    """A line for each, those that were steered with their group last."""
    return "\n".join(
        (f"{item.key}: {item.why}" if item.why else f"{item.key}: {_told(item.before)} → {_told(item.after)}")
        + (f" (group {item.group})" if item.group else "")
        for item in found
    )


def as_json(stack: str, verb: str, found: Sequence[Steered]) -> str:
    """The documented, versioned form for machines."""
    entries = [
        {
            "application": item.application,
            "key": item.key.resource_name,
            "group": item.group,
            "before": _health(item.before),
            "after": _health(item.after),
            "why": item.why,
        }
        for item in found
    ]
    return json.dumps({"schema": SCHEMA, "stack": stack, "verb": verb, "rollouts": entries}, indent=2)


def _told(health: Health) -> str:
    return f"{health.status.value}{f', {health.message}' if health.message else ''}"


def _health(health: Health) -> dict[str, str]:
    return {"status": health.status.value, "message": health.message}
