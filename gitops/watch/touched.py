"""Which applications a new plan changes, and whether these can be synced alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gitops.model.plan import Gate, HealthCheck, PlannedObject, application_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from gitops.model.plan import Plan, Step


class Touched(NamedTuple):
    """What differs between two plans of a stack.

    Attributes:
        names: applications that state something else, came or went, sorted.
        alone: whether a sync of these alone does everything: they came to nothing new, lost nothing, and wait for
            what they waited for.
    """

    names: tuple[str, ...]
    alone: bool


def touched(before: Plan, after: Plan) -> Touched:
    """Compare two plans, application by application."""
    old, new = _by_application(before), _by_application(after)
    names = tuple(sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name)))
    alone = (
        {a.name for a in before.applications} == {a.name for a in after.applications}
        and _shape(before.steps) == _shape(after.steps)
        and {hook.name for hook in before.on_failure} == {hook.name for hook in after.on_failure}
        and old.get("") == new.get("")
    )
    return Touched(tuple(name for name in names if name), alone)


def _by_application(plan: Plan) -> dict[str, tuple[object, ...]]:
    """Everything that a plan says of each application; "" has the gates behind the waves."""
    found: dict[str, list[object]] = {application.name: [application] for application in plan.applications}
    for step in plan.steps:
        found.setdefault(application_of(step), []).append(step)
    for hook in plan.on_failure:
        found.setdefault(hook.manifest.application, []).append(hook)
    return {name: tuple(items) for name, items in found.items()}


def _shape(steps: Iterable[Step]) -> dict[str, Hashable]:
    """What the engine's state says of the steps beside their content: type, place and what they wait for."""
    return {step.name: (_type(step), step.wave, application_of(step), step.after) for step in steps}


def _type(step: Step) -> str:
    match step:
        case Gate():
            return "gate"
        case PlannedObject():
            return f"{step.manifest.api_version}/{step.manifest.kind}"
        case HealthCheck():
            return "health"
        case _:
            return f"hook {step.phase}"
