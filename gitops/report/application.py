"""One application in full: what it is, how it is, and each of its objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.report.columns import aligned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops.drift.state import ApplicationState, ObjectState

COLUMNS = ("OBJECT", "SYNC", "HEALTH", "MESSAGE")


def as_text(revision: str, state: ApplicationState) -> str:
    """Its facts, then a row for each object."""
    facts = aligned([(f"{name}:", value) for name, value in _facts(revision, state) if value])
    rows = [_row(item) for item in state.objects]
    rows += [(key.resource_name, "Orphaned", "", "no longer in Git") for key in state.extra]
    rows += [(key.resource_name, "Unowned", "", "no application states it") for key in state.unowned]
    problems = [str(problem) for problem in state.problems]
    return "\n".join([facts, *problems, "", aligned([COLUMNS, *rows])])


def as_names(state: ApplicationState) -> str:
    """Its objects, one `kind.group/name` a line, as kubectl names them, in the order of applying."""
    return "\n".join(
        f"{item.key.kind.lower()}{'.' if item.key.group else ''}{item.key.group}/{item.key.name}"
        for item in state.objects
    )


def _facts(revision: str, state: ApplicationState) -> Iterator[tuple[str, str]]:
    application = state.application
    yield "Name", application.name
    yield "Project", application.project
    yield "Wave", str(application.wave)
    yield "Namespace", application.namespace
    yield "Revision", revision
    yield "Sync", state.sync
    yield "Health", " ".join(filter(None, (state.health.status.value, state.health.message)))
    if state.held:
        yield "Held", state.held.what
        yield "Next step", state.held.next_step
    yield "Stated at", str(application.stated or application.path)
    yield "Depends on", ", ".join(application.depends_on)
    yield "Critical", "yes" if application.critical else ""
    for source in application.sources:
        place = source.repository or "this repository"
        revised = f"@{source.revision}" if source.revision else ""
        yield "Source", f"{place}{revised} {source.chart or source.path}".strip()


def _row(item: ObjectState) -> tuple[str, ...]:
    messages = [item.health.message, *item.notes]
    if item.differences:
        messages.insert(0, f"differs in {', '.join(difference.path for difference in item.differences)}")
    return item.key.resource_name, item.sync, item.health.status.value, "; ".join(filter(None, messages))
