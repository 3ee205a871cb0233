"""Each application's sync status and health, as Argo CD defines them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops.cluster.health import HEALTHY, Health, Status, health, worst
from gitops.cluster.survey import made_by_hook
from gitops.drift.compare import Difference, compare_by
from gitops.model.compare_options import compare_options
from gitops.waves.readiness import IGNORE_ANNOTATION
from gitops.waves.steered import rules_between

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gitops.cluster.client import Object
    from gitops.model.application import Application
    from gitops.model.health_rule import HealthRule
    from gitops.model.keys import ObjectKey
    from gitops.model.plan import Plan, PlannedObject
    from gitops.model.sync import IgnoreDifference

SYNCED, OUT_OF_SYNC = "Synced", "OutOfSync"


@dataclass(frozen=True, slots=True)
class ObjectState:
    """One planned object: how it differs from what lives, how well it is, and what was asked for in vain."""

    key: ObjectKey
    missing: bool
    differences: tuple[Difference, ...]
    health: Health
    notes: tuple[str, ...] = ()

    @property
    def synced(self) -> bool:
        """Whether the cluster says what Git says."""
        return not self.missing and not self.differences


@dataclass(frozen=True, slots=True)
class ApplicationState:
    """One application: its objects, what lives of it but left Git, and the sum of both."""

    application: Application
    objects: tuple[ObjectState, ...]
    extra: tuple[ObjectKey, ...]

    @property
    def sync(self) -> str:
        """`Synced` or `OutOfSync`."""
        return SYNCED if not self.extra and all(item.synced for item in self.objects) else OUT_OF_SYNC

    @property
    def health(self) -> Health:
        """The worst of what lives; Missing only when nothing lives of what should.

        A missing object is told by the sync status. A child Application that is missing or unknown does not
        count, since only its own objects know.
        """
        if self.objects and all(item.missing for item in self.objects):
            return self.objects[0].health
        return worst(item.health for item in self.objects if not item.missing and not _is_unsure_child(item))


def _is_unsure_child(item: ObjectState) -> bool:
    child = (item.key.group, item.key.kind) == ("argoproj.io", "Application")
    return child and item.health.status in {Status.MISSING, Status.UNKNOWN}


def application_states(
    plan: Plan,
    live: Mapping[ObjectKey, Object],
    owner_label: str,
    health_rules: Sequence[HealthRule] = (),
) -> tuple[ApplicationState, ...]:
    """The state of every application of a plan, by wave and name.

    `live` holds whole objects; `owner_label` is the label that says which application a live one belongs to;
    `health_rules` win over the built-in ones.
    """
    extra: dict[str, list[ObjectKey]] = {}
    for key in sorted(key for key in set(live) - plan.keys if not made_by_hook(live[key])):
        metadata = live[key]["metadata"]
        if not compare_options(metadata.get("annotations")).ignore_extraneous:
            owner = (metadata.get("labels") or {}).get(owner_label, "")
            extra.setdefault(owner, []).append(key)
    objects: dict[str, list[PlannedObject]] = {}
    for item in plan.objects:
        objects.setdefault(item.manifest.application, []).append(item)
    steered = rules_between({**live, **{item.manifest.key: item.manifest.body for item in plan.objects}})
    return tuple(
        ApplicationState(
            application,
            tuple(
                _state(
                    item,
                    live.get(item.manifest.key),
                    (*steered.get(item.manifest.key, ()), *application.ignore_differences),
                    (*application.health_rules, *health_rules),
                )
                for item in objects.get(application.name, ())
            ),
            tuple(extra.get(application.name, ())),
        )
        for application in plan.applications
    )


def _state(
    planned: PlannedObject,
    live: Object | None,
    rules: Sequence[IgnoreDifference],
    health_rules: Sequence[HealthRule],
) -> ObjectState:
    key, annotations = planned.manifest.key, planned.manifest.annotations
    notes = tuple(
        f"compare option {option} has no effect" for option in compare_options(annotations).not_honored
    )
    if live is None:
        missing = Health(Status.MISSING, f"{key} does not exist")
        return ObjectState(key, missing=True, differences=(), health=missing, notes=notes)
    found = HEALTHY if annotations.get(IGNORE_ANNOTATION) == "true" else health(live, health_rules)
    told = Health(found.status, f"{key}: {found.message}") if found.message else found
    differences, failures = compare_by(planned.manifest.body, live, rules)
    return ObjectState(key, missing=False, differences=differences, health=told, notes=(*notes, *failures))
