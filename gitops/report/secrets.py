"""How old sealed secrets and their keys are."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from gitops.report.columns import aligned

_SHORT = 15


@dataclass(frozen=True, slots=True)
class SealedAge:
    """One SealedSecret.

    Attributes:
        where: file and line.
        name: namespace and name.
        state: `current`, `older key` or `closed`.
        keys: fingerprints of the keys that open it.
        key_days: age of the oldest of them in days; None where no certificate tells.
        days: days since the last commit that changed its file; None without one.
        closed: keys of the values that don't open.
    """

    where: str
    name: str
    state: str
    keys: tuple[str, ...]
    key_days: int | None
    days: int | None
    closed: tuple[str, ...]


def as_json(found: list[SealedAge], idle: list[str]) -> str:
    """All of it, for programs; `idle` are keys that open nothing."""
    return json.dumps({"secrets": [asdict(item) for item in found], "idleKeys": idle}, indent=2)


def as_table(found: list[SealedAge], idle: list[str]) -> str:
    """One line for each, and a last one that counts."""
    rows = [("STATE", "SECRET", "KEY", "KEY DAYS", "DAYS", "WHERE")]
    for item in found:
        keys = ",".join(key[:_SHORT] for key in item.keys) or "-"
        rows.append((item.state, item.name, keys, _days(item.key_days), _days(item.days), item.where))
    lines = [aligned(rows)]
    states = [item.state for item in found]
    counts = ", ".join(f"{states.count(state)} {state}" for state in ("current", "older key", "closed"))
    lines.append(f"{len(found)} SealedSecrets: {counts}")
    lines += [f"key {key} opens none of them" for key in idle]
    return "\n".join(lines)


def _days(days: int | None) -> str:
    return "-" if days is None else str(days)
