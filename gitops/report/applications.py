"""The list of a stack's applications, as a table, JSON, YAML or names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gitops.report.columns import aligned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops.drift.compare import Difference
    from gitops.drift.state import ApplicationState

SCHEMA = "gitops.internal/applications/v1"
WIDE = ("PROJECT", "CRITICAL", "SELF-HEAL")
COLUMNS = ("WAVE", "APPLICATION", "NAMESPACE", "OBJECTS", "SYNC", "HEALTH", "REVISION")


def as_json(stack: str, revision: str, states: Sequence[ApplicationState]) -> str:
    """The documented, versioned form for machines."""
    document = {
        "schema": SCHEMA,
        "stack": stack,
        "revision": revision,
        "applications": [_entry(state) for state in states],
    }
    return json.dumps(document, indent=2)


def as_table(
    revision: str, states: Sequence[ApplicationState], *, headers: bool = True, wide: bool = False
) -> str:
    """Aligned columns, one row an application; what is wrong follows its row, indented."""
    rows = [(*_row(revision, state), *(_wide(state) if wide else ())) for state in states]
    titles = (*COLUMNS, *(WIDE if wide else ()))
    lines = aligned([titles, *rows] if headers else rows).splitlines()
    first = [lines.pop(0)] if headers else []
    for line, state in zip(lines, states, strict=True):
        first += [line, *(f"      {reason}" for reason in _reasons(state))]
    return "\n".join(first)


def as_names(states: Sequence[ApplicationState]) -> str:
    """One name a line."""
    return "\n".join(state.application.name for state in states)


def _row(revision: str, state: ApplicationState) -> tuple[str, ...]:
    application = state.application
    return (
        str(application.wave),
        application.name,
        application.namespace,
        str(len(state.objects)),
        state.sync,
        state.health.status.value,
        revision[:12],
    )


def _wide(state: ApplicationState) -> tuple[str, ...]:
    application = state.application
    return application.project, _yes(application.critical), _yes(application.self_heal)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _reasons(state: ApplicationState) -> list[str]:
    """At most a few lines that say why an application is not as it should be."""
    reasons = [f"held: {state.held.what}"] if state.held else []
    reasons += [line for problem in state.problems for line in str(problem).splitlines()]
    reasons += [f"{item.key}: missing" for item in state.objects if item.missing]
    reasons += [
        f"{item.key}: {difference.path} is {difference.live!r}, Git says {difference.wanted!r}{_by(difference)}"
        for item in state.objects
        for difference in item.differences
    ]
    reasons += [f"{key}: lives, but is no longer in Git" for key in state.extra]
    reasons += [f"{key}: lives, and no application states it" for key in state.unowned]
    reasons += [f"{item.key}: {note}" for item in state.objects for note in item.notes]
    if state.health.message:
        reasons.append(state.health.message)
    shown = reasons[:5]
    return [*shown, f"… and {len(reasons) - len(shown)} more"] if len(reasons) > len(shown) else shown


def _by(difference: Difference) -> str:
    owner = difference.by
    return f" ({', '.join(filter(None, (owner.manager, owner.time)))})" if owner else ""


def _difference(difference: Difference) -> dict[str, Any]:
    return {**difference._asdict(), "by": difference.by and difference.by._asdict()}


def _entry(state: ApplicationState) -> dict[str, Any]:
    application = state.application
    return {
        "name": application.name,
        "wave": application.wave,
        "namespace": application.namespace,
        "path": application.path,
        "tree": application.tree,
        "project": application.project,
        "critical": application.critical,
        "selfHeal": application.self_heal,
        "sync": state.sync,
        "health": {"status": state.health.status.value, "message": state.health.message},
        "objects": [
            {
                "key": item.key.resource_name,
                "missing": item.missing,
                "health": item.health.status.value,
                "differences": [_difference(difference) for difference in item.differences],
                "notes": list(item.notes),
            }
            for item in state.objects
        ],
        "held": str(state.held or ""),
        "problems": [str(problem) for problem in state.problems],
        "extra": [key.resource_name for key in state.extra],
        "unowned": [key.resource_name for key in state.unowned],
    }
