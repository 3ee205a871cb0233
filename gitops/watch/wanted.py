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
from gitops.sharing import carried
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

        Fields that a sync leaves alone are left out, but for those that only stay because we own them. What a Rollout
        has a part in is applied with that part, and only over the version that was seen.
        """
        body, steering = applied(self.planned), self.planned.steering
        if live is None:
            return body
        names = ("uid", "resourceVersion") if steering else ("uid",)
        same = {name: live["metadata"][name] for name in names}
        pointers = set(self.planned.ignored).difference(steering.whole if steering else ())
        places = {place for pointer in pointers if (place := from_pointer(pointer, body))}
        if places:
            ours = {place for place in owned(live, {FIELD_MANAGER}, body) if place in places}
            body = without(body, places - ours)
            for place in ours:
                body = with_live(body, place, live)
        if steering:
            body = carried(body, live, steering)
        return {**body, "metadata": {**body["metadata"], **same}}


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
