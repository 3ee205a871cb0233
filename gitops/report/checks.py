"""What a stack needs, checked: as lines for a person, or as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitops.model.check import Check

SCHEMA = "gitops.internal/checks/v1"


def as_line(check: Check) -> str:
    """One check, with its next step below it."""
    step = f"\n{'':26}→ {check.next_step}" if check.next_step else ""
    return f"{check.verdict:8} {check.name:16} {check.told}{step}"


def as_json(stack: str, checks: Iterable[Check]) -> str:
    """The documented, versioned form for machines."""
    entries = [
        {"name": c.name, "verdict": str(c.verdict), "told": c.told, "nextStep": c.next_step} for c in checks
    ]
    return json.dumps({"schema": SCHEMA, "stack": stack, "checks": entries}, indent=2)
