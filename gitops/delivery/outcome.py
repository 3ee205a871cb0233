"""What a run of the engine did to each application of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.model.errors import Problem
from gitops.model.plan import HealthCheck, Hook, PlannedObject
from gitops.model.synced import FAILED, HELD, LEFT_OUT, SYNCED, WAITING, ApplicationOutcome

if TYPE_CHECKING:
    from collections.abc import Collection

    from gitops.engine.diagnostics import Failure
    from gitops.model.application import Application
    from gitops.model.partial import LeftOut
    from gitops.model.plan import Plan


def outcomes(
    plan: Plan, left_out: Collection[LeftOut], failures: Collection[Failure]
) -> tuple[ApplicationOutcome, ...]:
    """Every application's part in a run, by name."""
    reasons = {one.name: one.reason for one in failures}
    blocked = _blocked(plan, reasons.keys())
    result = [
        ApplicationOutcome(item.name, HELD if item.held else LEFT_OUT, item.problems) for item in left_out
    ]
    steps = [step for step in plan.steps if isinstance(step, PlannedObject | Hook | HealthCheck)]
    for application in plan.applications:
        own = [step for step in steps if step.manifest.application == application.name]
        result.append(_outcome(application, own, reasons, blocked))
    return tuple(sorted(result, key=lambda item: item.name))


def _outcome(
    application: Application,
    own: Collection[PlannedObject | Hook | HealthCheck],
    reasons: dict[str, str],
    blocked: set[str],
) -> ApplicationOutcome:
    problems = tuple(_problem(item, reasons[item.name]) for item in own if item.name in reasons)
    if problems:
        return ApplicationOutcome(application.name, FAILED, problems, application.retry)
    waits = any(item.name in blocked for item in own)
    return ApplicationOutcome(application.name, WAITING if waits else SYNCED)


def _blocked(plan: Plan, failed: Collection[str]) -> set[str]:
    """The steps that come after one that failed."""
    blocked: set[str] = set()
    for step in plan.steps:
        if any(name in failed or name in blocked for name in step.after):
            blocked.add(step.name)
    return blocked


def _problem(item: PlannedObject | Hook | HealthCheck, reason: str) -> Problem:
    name = str(item.manifest.key)
    return Problem(
        reason if reason.startswith(name) else f"{name}: {reason}",
        item.manifest.where,
        "mend it in Git or in the cluster and sync again: what was done is kept",
        item.manifest.application,
    )
