"""Sealed secrets and their keys: how old they are, and which of them open."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from gitops.report.columns import aligned

if TYPE_CHECKING:
    from collections.abc import Iterable

SECRETS = "gitops.internal/secrets/v1"
OPENINGS = "gitops.internal/openings/v1"
KEYS = "gitops.internal/sealing-keys/v1"
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


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether one SealedSecret opens: `why` says why not."""

    where: str
    name: str
    why: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.name}: {self.why or 'opens'}"


@dataclass(frozen=True, slots=True)
class KeyDates:
    """A key's fingerprint and dates (YYYY-MM-DD), which are empty where no certificate tells them."""

    fingerprint: str
    made: str = ""
    expires: str = ""

    def __str__(self) -> str:
        dates = f"made {self.made}, expires {self.expires}" if self.made else "no certificate"
        return f"{self.fingerprint}  {dates}"


def as_json(found: Iterable[SealedAge], idle: list[str]) -> str:
    """The documented, versioned form for machines; `idle` are keys that open nothing."""
    entries = [
        {
            "where": item.where,
            "name": item.name,
            "state": item.state,
            "keys": item.keys,
            "keyDays": item.key_days,
            "days": item.days,
            "closed": item.closed,
        }
        for item in found
    ]
    return json.dumps({"schema": SECRETS, "secrets": entries, "idleKeys": idle}, indent=2)


def openings_as_json(found: Iterable[Opening]) -> str:
    """The documented, versioned form for machines."""
    entries = [{**asdict(item), "opens": not item.why} for item in found]
    return json.dumps({"schema": OPENINGS, "secrets": entries}, indent=2)


def keys_as_json(found: Iterable[KeyDates]) -> str:
    """The documented, versioned form for machines."""
    return json.dumps({"schema": KEYS, "keys": [asdict(item) for item in found]}, indent=2)


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
