"""The tree of an application's objects, what was told of them, as tables for people or JSON for machines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from gitops.cluster.health import HEALTHY, health
from gitops.report.columns import aligned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gitops.cluster.events import Event
    from gitops.cluster.tree import Branch
    from gitops.drift.state import ApplicationState, ObjectState
    from gitops.model.keys import ObjectKey

SCHEMA = "gitops.internal/resources/v1"
EVENTS = "gitops.internal/events/v1"
COLUMNS = ("OBJECT", "SYNC", "HEALTH", "MESSAGE")
EVENT_COLUMNS = ("LAST SEEN", "TYPE", "REASON", "OBJECT", "TIMES", "MESSAGE")


class Row(NamedTuple):
    """One object of a tree.

    Attributes:
        depth: how far below an object of the application it is.
        owner: the object above it; None for the application's own.
        sync: "" for what nobody states.
    """

    depth: int
    key: ObjectKey
    owner: ObjectKey | None
    sync: str
    health: str
    message: str


def rows(state: ApplicationState, branches: Sequence[Branch]) -> tuple[Row, ...]:
    """Every object of an application, each before what it owns."""
    states = {item.key: item for item in state.objects}
    return tuple(row for branch in branches for row in _rows(branch, states, None, 0))


def as_table(found: Sequence[Row], *, headers: bool = True) -> str:
    """One row an object, indented below its owner."""
    lines = [(f"{'  ' * (r.depth - 1)}{'└ ' if r.depth else ''}{r.key.resource_name}", *r[3:]) for r in found]
    return aligned([COLUMNS, *lines] if headers else lines or [("",)])


def as_json(stack: str, application: str, found: Sequence[Row]) -> str:
    """The documented, versioned form for machines."""
    entries = [
        {
            "key": row.key.resource_name,
            "owner": row.owner.resource_name if row.owner else "",
            "sync": row.sync,
            "health": {"status": row.health, "message": row.message},
        }
        for row in found
    ]
    return json.dumps(
        {"schema": SCHEMA, "stack": stack, "application": application, "resources": entries}, indent=2
    )


def events_as_table(found: Sequence[Event], *, headers: bool = True) -> str:
    """One row an event."""
    lines = [tuple(str(cell) for cell in event) for event in found]
    return aligned([EVENT_COLUMNS, *lines] if headers else lines or [("",)])


def events_as_json(stack: str, application: str, found: Sequence[Event]) -> str:
    """The documented, versioned form for machines."""
    entries = [event._asdict() for event in found]
    return json.dumps(
        {"schema": EVENTS, "stack": stack, "application": application, "events": entries}, indent=2
    )


def _rows(
    branch: Branch, states: Mapping[ObjectKey, ObjectState], owner: ObjectKey | None, depth: int
) -> Iterator[Row]:
    state = states.get(branch.key)
    told = state.health if state else health(branch.live) if branch.live else HEALTHY
    sync = state.sync if state else "" if depth else "Orphaned"
    message = told.message.removeprefix(f"{branch.key}: ")
    yield Row(depth, branch.key, owner, sync, told.status.value, message)
    for below in branch.below:
        yield from _rows(below, states, branch.key, depth + 1)
