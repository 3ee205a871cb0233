"""Fields that a sync leaves to the managers that own them, where an application asks for that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gitops.cluster.managed import owned
from gitops.model.paths import pointer_to
from gitops.model.plan import PlannedObject
from gitops.sharing import sharing
from gitops.underway import aborted, given_back, letting_go, live_rollouts, waiting_anew

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gitops.cluster.client import Object
    from gitops.cluster.connect import Connection
    from gitops.model.keys import ObjectKey
    from gitops.model.plan import Plan
    from gitops.model.sync import IgnoreDifference


def respecting(plan: Plan, live: Mapping[ObjectKey, Object], reach: Callable[[], Connection]) -> Plan:
    """The plan as it is applied now: with what is left to field managers, and to Rollouts.

    One that was aborted is waited for once more, what one was lent comes back, and one that leaves lets go of Services.
    `reach` gives the connection; it is called where there is a Rollout.

    Raises:
        ApiError, Unreachable: Rollouts, or what they have a part in, can't be read.
    """
    found = respecting_managers(plan, live)
    rollouts = live_rollouts(live, reach)
    found = given_back(waiting_anew(found, aborted(found, rollouts)), rollouts)
    found = letting_go(found, rollouts)
    return sharing(found, reach()) if any(item.steering for item in found.objects) else found


def respecting_managers(plan: Plan, live: Mapping[ObjectKey, Object]) -> Plan:
    """The plan, whose objects leave alone what the managers in `ignoreDifferences` own of the live ones.

    Only where the sync option RespectIgnoreDifferences is stated. `live` may be metadata alone.
    """
    rules = {
        application.name: [rule for rule in application.ignore_differences if rule.managers]
        for application in plan.applications
    }
    if not any(rules.values()):
        return plan
    return replace(
        plan,
        steps=tuple(
            _respecting(step, rules[step.manifest.application], live.get(step.manifest.key))
            if isinstance(step, PlannedObject)
            else step
            for step in plan.steps
        ),
    )


def _respecting(planned: PlannedObject, rules: list[IgnoreDifference], live: Object | None) -> PlannedObject:
    if live is None or not planned.options.respect_ignore_differences:
        return planned
    manifest = planned.manifest
    managers = {name for rule in rules if rule.is_about(manifest.key) for name in rule.managers}
    theirs = (pointer_to(path) for path in owned(live, managers, manifest.body) if path)
    return replace(planned, ignored=tuple(sorted({*planned.ignored, *theirs})))
