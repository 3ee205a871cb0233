"""Drift as a list of findings: each says what contradicts Git, where, and who did it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitops.cluster.managed import Owner
    from gitops.drift.state import ApplicationState
    from gitops.model.keys import ObjectKey


class Kind(StrEnum):
    """What is wrong with an object."""

    MISSING = "missing"
    CHANGED = "changed"
    ADDED = "added"
    ORPHANED = "orphaned"
    UNMANAGED = "unmanaged"


class Finding(NamedTuple):
    """One contradiction.

    Attributes:
        application: the application's name.
        key: the object.
        kind: `missing` (Git states it), `changed` (a field), `added` (a field that Git does not state), `orphaned` (it
            lives, and Git no longer states it), or `unmanaged` (it lives, and no stack ever stated it).
        path: the field, "" for an object as a whole.
        wanted: what Git states; masked in a Secret.
        live: what lives; masked in a Secret.
        by: who wrote the live field, and when; None where nobody says so.
    """

    application: str
    key: ObjectKey
    kind: Kind
    path: str = ""
    wanted: Any = None
    live: Any = None
    by: Owner | None = None


def findings(states: Iterable[ApplicationState]) -> tuple[Finding, ...]:
    """Everything that contradicts Git, by application, object and path."""
    found = (finding for state in states for finding in _of(state))
    return tuple(sorted(found, key=lambda item: (item.application, item.key, item.kind, item.path)))


def unmanaged_findings(keys: Iterable[ObjectKey]) -> tuple[Finding, ...]:
    """Objects that no stack states."""
    return tuple(Finding("", key, Kind.UNMANAGED) for key in keys)


def _of(state: ApplicationState) -> Iterator[Finding]:
    name = state.application.name
    for item in state.objects:
        if item.missing:
            yield Finding(name, item.key, Kind.MISSING)
        for kind, differences in ((Kind.CHANGED, item.differences), (Kind.ADDED, item.additions)):
            for path, wanted, live, by in differences:
                yield Finding(name, item.key, kind, path, wanted, live, by)
    for key in state.extra:
        yield Finding(name, key, Kind.ORPHANED)
