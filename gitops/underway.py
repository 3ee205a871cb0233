"""What the Rollouts that live mean for a sync: of one that was aborted it has to tell, of one that lends it takes back.

A Rollout that was paused when the run that brought it ended may be aborted later: somebody lets it go on, and its
analysis fails. Nothing of it has changed since, so no wait would be done; it is done again, so that the run fails with
the reason. One that scales the Deployment down whose pods it has taken over would do so against a sync that brings
these back: it is told to stop first. And one that leaves has marked Services as leading to its own pods, which go with
it: it lets go of them before.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gitops.cluster.group import aborted_with
from gitops.cluster.reading import read
from gitops.model.keys import PRUNE_ANNOTATION
from gitops.model.manifest import Manifest, as_mapping
from gitops.model.plan import HealthCheck, PlannedObject, application_of
from gitops.rollouts.naming import is_rollout, services_of, workload_of
from gitops.rollouts.spelling import ROLLOUTS
from gitops.waves.rollouts import scaled_down

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gitops.cluster.client import Object
    from gitops.cluster.connect import Connection
    from gitops.model.keys import ObjectKey
    from gitops.model.plan import Plan

Rollouts = dict["ObjectKey", "Object"]
_AT_ONCE = 8


def live_rollouts(live: Iterable[ObjectKey], reach: Callable[[], Connection]) -> Rollouts:
    """The Rollouts among live objects, whole; `reach` gives the connection, and is called where there are some.

    Raises:
        ApiError, Unreachable: one can't be read.
    """
    keys = sorted(filter(is_rollout, live))
    if not keys:
        return {}
    connection = reach()
    resource = connection.discovery.find(ROLLOUTS, "Rollout")
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = pool.map(lambda key: read(connection.client, resource.path(key.namespace, key.name)), keys)
        return {key: body for key, body in zip(keys, found, strict=True) if body}


def aborted(plan: Plan, rollouts: Rollouts) -> dict[str, HealthCheck]:
    """The waits for Rollouts that were aborted at what Git states, by name, each with another trigger than before."""
    return {
        step.name: replace(step, trigger=f"{step.trigger} aborted {mark}")
        for step in plan.steps
        if isinstance(step, HealthCheck)
        and (mark := aborted_with(rollouts.get(step.manifest.key, {}), step.manifest))
    }


def waiting_anew(plan: Plan, waits: Mapping[str, HealthCheck]) -> Plan:
    """The plan with these waits in place of its own."""
    return replace(plan, steps=tuple(waits.get(step.name, step) for step in plan.steps)) if waits else plan


def given_back(plan: Plan, rollouts: Rollouts) -> Plan:
    """The plan, whose workloads that a live Rollout scales down, and a stated one does not, say which one that is."""
    lent = {workload: key for key, body in rollouts.items() if (workload := scaled_down(key, body))}
    for item in plan.objects if lent else ():
        if is_rollout(item.manifest.key):
            lent.pop(scaled_down(item.manifest.key, item.manifest.body) or item.manifest.key, None)
    if not lent:
        return plan
    return replace(
        plan,
        steps=tuple(
            replace(step, lent_to=lent.get(step.manifest.key)) if isinstance(step, PlannedObject) else step
            for step in plan.steps
        ),
    )


def letting_go(plan: Plan, rollouts: Rollouts) -> Plan:
    """The plan, in which Rollouts that it no longer states let go of the Services that it does state.

    This comes after everything else of the application, whose other pods are ready then, and before anything is
    deleted. One that is to stay keeps them.
    """
    stated = {item.manifest.key: item for item in plan.objects}
    steps = []
    for key, body in rollouts.items():
        kept = (body["metadata"].get("annotations") or {}).get(PRUNE_ANNOTATION, "true") != "true"
        services = [stated[name] for name in services_of(key, body) if name in stated]
        if key in stated or kept or not services:
            continue
        application, wave = services[0].manifest.application, services[0].wave
        own = tuple(
            step.name for step in plan.steps if application_of(step) == application and step.wave == wave
        )
        manifest = Manifest(body, services[0].manifest.where, application)
        trigger = f"leaves {body['metadata'].get('uid')}"
        steps.append(HealthCheck(manifest, wave, own, None, 0, trigger, leaves=True))
    return replace(plan, steps=(*plan.steps, *steps)) if steps else plan


def stated_pods(plan: Plan, rollout: ObjectKey) -> Any:
    """The pods that a plan states for a Rollout, its own template or its workload's; None where it states none."""
    stated = {item.manifest.key: item.manifest.body for item in plan.objects}
    body = stated.get(rollout, {})
    lender = workload_of(rollout, body)
    return as_mapping((stated.get(lender, {}) if lender else body).get("spec")).get("template")
