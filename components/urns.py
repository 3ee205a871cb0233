"""The names by which the engine knows the steps of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.objects import STASH_TYPE, type_token
from gitops.model.plan import PlannedObject, application_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from gitops.model.plan import Plan, Step

_PROJECT = "gitops"
_PARENTS = "gitops:index:Platform$gitops:index:Wave$gitops:index:Application"


def urns_of(stack: str, plan: Plan, applications: Collection[str]) -> tuple[str, ...]:
    """The URNs of everything below these applications, sorted."""
    return tuple(sorted(_urn(stack, step) for step in plan.steps if application_of(step) in applications))


def component_urns(stack: str, plan: Plan, applications: Collection[str]) -> tuple[str, ...]:
    """The URNs of what these applications are below, themselves among them, and of the provider, sorted."""
    platform, wave, application = _PARENTS.split("$")
    chosen = [item for item in plan.applications if item.name in applications]
    found = {(platform, "platform"), ("pulumi:providers:kubernetes", "cluster")}
    found |= {(f"{platform}${wave}", f"wave-{item.wave}") for item in chosen}
    found |= {(f"{platform}${wave}${application}", item.name) for item in chosen}
    return tuple(sorted(f"urn:pulumi:{stack}::{_PROJECT}::{kind}::{name}" for kind, name in found))


def _urn(stack: str, step: Step) -> str:
    token = STASH_TYPE
    if isinstance(step, PlannedObject):
        token = type_token(step.manifest.api_version, step.manifest.kind)
    return f"urn:pulumi:{stack}::{_PROJECT}::{_PARENTS}${token}::{step.name}"
