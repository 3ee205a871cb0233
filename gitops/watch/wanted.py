"""What of a synced plan is to be kept as it is, and what a live object contradicts of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.objects import applied
from gitops.cluster.managed import owned
from gitops.drift.compare import compare_by
from gitops.drift.ignore import with_live
from gitops.model.keys import FIELD_MANAGER
from gitops.model.paths import from_pointer, without
from gitops.waves.steered import rules_between

if TYPE_CHECKING:
    from collections.abc import Collection

    from gitops.cluster.client import Object
    from gitops.drift.compare import Difference
    from gitops.model.application import Application
    from gitops.model.keys import ObjectKey
    from gitops.model.plan import Plan, PlannedObject
    from gitops.model.sync import IgnoreDifference


@dataclass(frozen=True, slots=True)
class Wanted:
    """An object as the last sync made it.

    Attributes:
        rules: fields that are no drift, by its application and by what steers it.
    """

    planned: PlannedObject
    application: Application
    rules: tuple[IgnoreDifference, ...] = ()

    def differences(self, live: Object) -> tuple[Difference, ...]:
        """Where a live object contradicts it; what controllers own is no difference."""
        return compare_by(self.planned.manifest.body, live, self.rules).differences

    def body(self, live: Object | None) -> Object:
        """What to apply: as the provider does, and over a live object only if it is still that very one.

        Fields that a sync leaves alone are left out, but for those that only stay because we own them.
        """
        body = applied(self.planned)
        if live is None:
            return body
        places = {place for pointer in self.planned.ignored if (place := from_pointer(pointer, body))}
        if places:
            ours = {place for place in owned(live, {FIELD_MANAGER}, body) if place in places}
            body = without(body, places - ours)
            for place in ours:
                body = with_live(body, place, live)
        return {**body, "metadata": {**body["metadata"], "uid": live["metadata"]["uid"]}}


def wanted_objects(plan: Plan, applications: Collection[str]) -> dict[ObjectKey, Wanted]:
    """The objects of some applications of a plan, by identity."""
    models = {item.name: item for item in plan.applications if item.name in applications}
    steered = rules_between({item.manifest.key: item.manifest.body for item in plan.objects})
    return {
        item.manifest.key: Wanted(
            item,
            model,
            (*steered.get(item.manifest.key, ()), *model.ignore_differences),
        )
        for item in plan.objects
        if (model := models.get(item.manifest.application))
    }
