"""Which items of two lists are the same thing."""

from __future__ import annotations

from typing import Any

# The API server tells items apart by one of these fields.
_MERGE_KEYS = ("name", "containerPort", "port", "mountPath", "type", "topologyKey", "ip", "key")
_PORTS = frozenset(("containerPort", "port"))


def pairs(wanted: list[Any], live: list[Any]) -> list[tuple[int, int | None]]:
    """Each wanted item's place with its live one's: by a merge key where all items carry one, else by place."""
    for key in _MERGE_KEYS:
        if all(isinstance(i, dict) and isinstance(i.get(key), str | int) for i in (*wanted, *live)):
            places = {_identity(item, key): place for place, item in enumerate(live)}
            if len(places) == len(live):
                return [(place, places.get(_identity(item, key))) for place, item in enumerate(wanted)]
    return [(place, place if place < len(live) else None) for place in range(len(wanted))]


def _identity(item: Any, key: str) -> tuple[str, str]:
    """A port is told apart by its protocol too, which is TCP where none is stated."""
    return str(item[key]), str(item.get("protocol") or "TCP") if key in _PORTS else ""
