"""A take-over, as a table for people or JSON for machines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gitops.report.columns import aligned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops.model.adoption import AdoptionPlan, Change, ObjectAdoption

SCHEMA = "gitops.internal/adoption/v1"
COLUMNS = ("OBJECT", "APPLICATION", "OWNER", "STATE")
_LONGEST = 60


def as_json(adoption: AdoptionPlan) -> str:
    """The documented, versioned form."""
    document = {
        "schema": SCHEMA,
        "stack": adoption.stack,
        "revision": adoption.revision,
        "objects": [_entry(item) for item in adoption.objects],
        "owners": [
            {"owner": str(release.owner), "found": release.found, "steps": list(release.steps)}
            for release in adoption.releases
        ],
        "left": [{"key": key.resource_name, "owner": str(owner)} for key, owner in adoption.left],
    }
    return json.dumps(document, indent=2)


def as_table(adoption: AdoptionPlan) -> str:
    """One row for each object that is not simply ours, its changes below it; then the owners and what is left."""
    shown = [item for item in adoption.objects if item.is_pending or item.stack or not item.exists]
    rows = [(str(item.key), item.application, _owners(item), _state(item)) for item in shown]
    lines: list[str] = []
    if rows:
        told: list[list[str]] = [[], *map(_details, shown)]
        for line, details in zip(aligned([COLUMNS, *rows]).splitlines(), told, strict=True):
            lines += [line, *(f"      {detail}" for detail in details)]
    lines += _section("Owners", [_release(r.found, str(r.owner), r.steps) for r in adoption.releases])
    lines += _section("Left behind, in no application", [f"{key} ({owner})" for key, owner in adoption.left])
    return "\n".join([*lines, _sum(adoption)])


def _section(title: str, entries: Sequence[str]) -> list[str]:
    return [f"{title}:", *(f"  {entry}" for entry in entries)] if entries else []


def _release(found: bool, owner: str, steps: Sequence[str]) -> str:
    if not found:
        return f"{owner}: not in this cluster"
    return f"{owner}: {'; '.join(steps) or 'has let go'}"


def _owners(item: ObjectAdoption) -> str:
    return ", ".join(map(str, item.owners)) or ", ".join(item.taken) or "-"


def _state(item: ObjectAdoption) -> str:
    if not item.exists:
        return "missing: the sync makes it"
    if item.stack:
        return f"BELONGS TO STACK {item.stack}"
    if item.refused:
        return "REFUSED"
    if item.restarts:
        return "RESTARTS PODS"
    return f"changes {len(item.changes)}" if item.changes else "changes nothing"


def _details(item: ObjectAdoption) -> list[str]:
    restarts = set(item.restarts)
    told = [f"refused: {item.refused}"] if item.refused else []
    told += [f"{_told(c)}{'  ← restarts pods' if c in restarts else ''}" for c in item.changes]
    if item.dropped:
        told.append(f"taken off: {', '.join(item.dropped)}")
    by_hand = [name for name in item.others if not name.startswith("kube-")]
    if by_hand:
        told.append(f"stays with its field manager: {', '.join(by_hand)}")
    return told


def _told(change: Change) -> str:
    if change.planned is None:
        return f"{change.path}: {_short(change.live)} is removed, Git does not state it"
    if change.live is None:
        return f"{change.path}: {_short(change.planned)} is added"
    return f"{change.path}: {_short(change.live)} → {_short(change.planned)}"


def _short(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _sum(adoption: AdoptionPlan) -> str:
    missing = sum(not item.exists for item in adoption.objects)
    restarts = sum(bool(item.restarts) for item in adoption.pending)
    ours = len(adoption.objects) - len(adoption.pending) - missing
    return (
        f"{len(adoption.pending)} to adopt, {ours} adopted already, {missing} missing;"
        f" {restarts} would restart pods; {len(adoption.left)} left behind"
    )


def _entry(item: ObjectAdoption) -> dict[str, Any]:
    return {
        "key": item.key.resource_name,
        "application": item.application,
        "exists": item.exists,
        "pending": item.is_pending,
        "owners": [str(owner) for owner in item.owners],
        "managers": {"taken": list(item.taken), "kept": list(item.others)},
        "dropped": list(item.dropped),
        "changes": [change._asdict() for change in item.changes],
        "restarts": bool(item.restarts),
        "refused": item.refused,
        "stack": item.stack,
    }
