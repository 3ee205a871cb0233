"""Stacks side by side or one in full, as tables for people or JSON for machines."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from gitops.cluster.health import worst
from gitops.drift.findings import findings
from gitops.drift.state import OUT_OF_SYNC, SYNCED, UNKNOWN
from gitops.model.settings import Promotion
from gitops.report.columns import aligned

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitops.drift.state import ApplicationState
    from gitops.model.settings import Settings
    from gitops.source.distance import Distance

SCHEMA = "gitops.internal/stacks/v1"
COLUMNS = (
    "STACK",
    "STAGE",
    "CONTEXT",
    "FOLLOWS",
    "REVISION",
    "APPLICATIONS",
    "SYNC",
    "HEALTH",
    "DRIFT",
    "SOURCE",
)
WIDE = ("OBJECTS", "OVERLAY", "REPOSITORY")


class Stack(NamedTuple):
    """What is told of one stack.

    Attributes:
        settings: None when its configuration is wrong.
        revision: the commit that it is compared with; "" when it could not be looked at.
        states: its applications; none when it could not be looked at.
        trouble: why not.
        distance: how far its commit is from that of the stack that it is promoted from, where that is known.
    """

    name: str
    settings: Settings | None
    revision: str
    states: tuple[ApplicationState, ...]
    trouble: str
    distance: Distance | None = None

    @property
    def sync(self) -> str:
        """`Synced` when all applications are; `Unknown` when it could not be looked at."""
        found = {state.sync for state in self.states}
        if not self.revision:
            return UNKNOWN
        return OUT_OF_SYNC if OUT_OF_SYNC in found else UNKNOWN if UNKNOWN in found else SYNCED

    @property
    def health(self) -> str:
        """The worst of its applications; `Unknown` when it could not be looked at."""
        return worst(state.health for state in self.states).status.value if self.revision else UNKNOWN


def as_table(stacks: Sequence[Stack], *, headers: bool = True, wide: bool = False) -> str:
    """One row a stack; why one could not be looked at follows its row, indented."""
    rows = [(*_row(stack), *(_wide(stack) if wide else ())) for stack in stacks]
    lines = aligned([(*COLUMNS, *(WIDE if wide else ())), *rows]).splitlines()
    told = lines[:1] if headers else []
    for line, stack in zip(lines[1:], stacks, strict=True):
        told += [line, *(f"      {reason}" for reason in stack.trouble.splitlines())]
    return "\n".join(told)


def as_text(stack: Stack) -> str:
    """Everything about one stack, a line each."""
    facts = aligned([(f"{name}:", value) for name, value in _facts(stack) if value])
    wrong = [
        f"  {state.application.name}: {state.sync}, {state.health.status.value}"
        for state in stack.states
        if state.sync != SYNCED or state.health.status.value != "Healthy"
    ]
    return "\n".join(
        [facts, *(["Not as they should be:", *wrong] if wrong else []), *stack.trouble.splitlines()]
    )


def as_json(stacks: Sequence[Stack]) -> str:
    """The documented, versioned form for machines."""
    return json.dumps({"schema": SCHEMA, "stacks": [_entry(stack) for stack in stacks]}, indent=2)


def _facts(stack: Stack) -> Iterator[tuple[str, str]]:
    yield "Name", stack.name
    if stack.settings:
        yield "Repository", stack.settings.repository.url
        yield "Follows", stack.settings.repository.revision
        yield "Context", stack.settings.cluster.context or "(current)"
        yield "Overlay", stack.settings.overlay
        yield "Stage", stack.settings.promotion.stage
        yield "Labels", ", ".join(f"{name}={value}" for name, value in _labels(stack.settings))
        yield "Promoted from", stack.settings.promotion.source
    yield "Revision", stack.revision
    yield "Sync", f"{stack.sync} ({_counted(state.sync for state in stack.states)})"
    yield "Health", f"{stack.health} ({_counted(state.health.status.value for state in stack.states)})"
    yield "Objects", str(sum(len(state.objects) for state in stack.states))
    yield "Drift", f"{len(findings(stack.states))} findings"


def _counted(words: Iterator[str]) -> str:
    return ", ".join(f"{count} {word}" for word, count in sorted(Counter(words).items())) or "none"


def _row(stack: Stack) -> tuple[str, ...]:
    settings, seen = stack.settings, bool(stack.revision)
    return (
        stack.name,
        _stage(settings) if settings else "-",
        (settings.cluster.context or "(current)") if settings else "-",
        settings.repository.revision[:12] if settings else "-",
        stack.revision[:12] or "-",
        str(len(stack.states)) if seen else "-",
        stack.sync,
        stack.health,
        str(len(findings(stack.states))) if seen else "-",
        _source(settings.promotion.source, stack.distance) if settings else "-",
    )


def _wide(stack: Stack) -> tuple[str, ...]:
    if not stack.settings:
        return "-", "-", "-"
    objects = str(sum(len(state.objects) for state in stack.states)) if stack.revision else "-"
    return objects, stack.settings.overlay, stack.settings.repository.url


def _stage(settings: Settings) -> str:
    """Such as `prod/2`; the group is left out where it is the first."""
    promotion = settings.promotion
    return (f"{promotion.stage}/{promotion.group}" if promotion.group else promotion.stage) or "-"


def _source(source: str, distance: Distance | None) -> str:
    """Such as `3 behind staging`."""
    if not source or distance is None:
        return source or "-"
    apart = [f"{n} {word}" for n, word in zip(distance, ("ahead of", "behind"), strict=True) if n]
    return f"{' and '.join(apart) or 'as'} {source}"


def _labels(settings: Settings) -> tuple[tuple[str, str], ...]:
    return next((cluster.labels for cluster in settings.fleet if cluster.stack == settings.stack), ())


def _entry(stack: Stack) -> dict[str, Any]:
    settings = stack.settings
    promotion = settings.promotion if settings else Promotion()
    return {
        "name": stack.name,
        "repository": settings.repository.url if settings else "",
        "follows": settings.repository.revision if settings else "",
        "context": settings.cluster.context if settings else "",
        "overlay": settings.overlay if settings else "",
        "stage": promotion.stage,
        "group": promotion.group,
        "labels": dict(_labels(settings)) if settings else {},
        "promotesFrom": promotion.source,
        "ahead": stack.distance.ahead if stack.distance else None,
        "behind": stack.distance.behind if stack.distance else None,
        "revision": stack.revision,
        "sync": stack.sync,
        "health": stack.health,
        "applications": len(stack.states),
        "objects": sum(len(state.objects) for state in stack.states),
        "findings": len(findings(stack.states)),
        "trouble": stack.trouble,
    }
