"""The names by which the engine knows the steps of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.objects import STASH_TYPE, type_token
from gitops.model.plan import PlannedObject, application_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from gitops.model.plan import Plan, Step

_PROJECT = "gitops"
_PLATFORM = "gitops:index:Platform"
_WAVE = f"{_PLATFORM}$gitops:index:Wave"
_APPLICATION = f"{_WAVE}$gitops:index:Application"


def urns_of(stack: str, plan: Plan, applications: Collection[str]) -> tuple[str, ...]:
    """The URNs of everything below these applications, sorted."""
    return _urns(stack, (_step(step) for step in plan.steps if application_of(step) in applications))


def urns_beside(stack: str, plan: Plan, applications: Collection[str]) -> tuple[str, ...]:
    """The URNs of all that a plan makes the engine know, but for what is above or below these applications, sorted."""
    return _urns(stack, _beside(plan, applications))


def component_urns(stack: str, plan: Plan, applications: Collection[str]) -> tuple[str, ...]:
    """The URNs of what these applications are below, themselves among them, and of the provider, sorted."""
    chosen = [item for item in plan.applications if item.name in applications]
    found = {f"{_PLATFORM}::platform", "pulumi:providers:kubernetes::cluster"}
    found |= {f"{_WAVE}::wave-{item.wave}" for item in chosen}
    found |= {f"{_APPLICATION}::{item.name}" for item in chosen}
    return _urns(stack, found)


def _beside(plan: Plan, applications: Collection[str]) -> Iterator[str]:
    waves = {application.wave for application in plan.applications if application.name in applications}
    yield from (f"{_WAVE}::wave-{number}" for number in plan.waves if number not in waves)
    yield from (f"{_APPLICATION}::{a.name}" for a in plan.applications if a.name not in applications)
    yield from (_step(step) for step in plan.steps if application_of(step) not in applications)


def _step(step: Step) -> str:
    token = STASH_TYPE
    if isinstance(step, PlannedObject):
        token = type_token(step.manifest.api_version, step.manifest.kind)
    return f"{_APPLICATION if application_of(step) else _WAVE}${token}::{step.name}"


def _urns(stack: str, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(f"urn:pulumi:{stack}::{_PROJECT}::{name}" for name in names))
