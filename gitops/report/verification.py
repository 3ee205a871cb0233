"""What checks measured, as text and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gitops.report.columns import aligned

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitops.model.verification import Check, Measurement, Verified

SCHEMA = "gitops.internal/verification/v1"


def as_line(check: Check, measurement: Measurement) -> str:
    """One measurement, for people who watch."""
    return f"{check.name}: {'well' if measurement.well else 'failed'}: {measurement.seen}"


def as_summary(found: Iterable[Verified]) -> str:
    """A row for each check: whether it passed, how many failed, what was seen last or what failed first."""
    rows = [("CHECK", "RESULT", "FAILED", "SEEN")]
    rows += [
        (item.check.name, _result(item), f"{item.failures} of {len(item.measurements)}", _seen(item))
        for item in found
    ]
    return aligned(rows)


def as_json(stack: str, found: Iterable[Verified]) -> str:
    """The documented, versioned form for machines."""
    checks = [
        {
            "name": item.check.name,
            "result": _result(item),
            "measurements": [{"well": one.well, "seen": one.seen} for one in item.measurements],
        }
        for item in found
    ]
    return json.dumps({"schema": SCHEMA, "stack": stack, "checks": checks}, indent=2)


def _result(item: Verified) -> str:
    return "passed" if item.passed else "failed"


def _seen(item: Verified) -> str:
    """What failed first explains a check that failed; the last of one that passed is the present state."""
    failed = [one for one in item.measurements if not one.well]
    return (failed[0] if failed and not item.passed else item.measurements[-1]).seen
