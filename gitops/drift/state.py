"""Each application's sync status and health, as Argo CD defines them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops.cluster.health import HEALTHY, Health, Status, health, worst
from gitops.cluster.survey import made_by_hook
from gitops.drift.added import added
from gitops.drift.compare import Difference, compare_by
from gitops.model.application import Application
from gitops.model.compare_options import compare_options
from gitops.model.keys import PRUNE_ANNOTATION, UNUSED
from gitops.waves.readiness import IGNORE_ANNOTATION
from gitops.waves.steered import rules_between

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gitops.cluster.client import Object
    from gitops.model.errors import Problem
    from gitops.model.health_rule import HealthRule
    from gitops.model.keys import ObjectKey
    from gitops.model.partial import LeftOut
    from gitops.model.plan import Plan, PlannedObject
    from gitops.model.sync import IgnoreDifference

SYNCED, OUT_OF_SYNC, UNKNOWN = "Synced", "OutOfSync", "Unknown"


@dataclass(frozen=True, slots=True)
class ObjectState:
    """One planned object: how it differs from what lives, how well it is, and what was asked for in vain.

    `additions` are what lives beside what Git states, where that was asked for; they do not count.
    """

    key: ObjectKey
    missing: bool
    differences: tuple[Difference, ...]
    health: Health
    notes: tuple[str, ...] = ()
    additions: tuple[Difference, ...] = ()

    @property
    def synced(self) -> bool:
        """Whether the cluster says what Git says."""
        return not self.missing and not self.differences

    @property
    def sync(self) -> str:
        """`Synced`, `OutOfSync` or `Missing`."""
        return SYNCED if self.synced else "Missing" if self.missing else OUT_OF_SYNC


@dataclass(frozen=True, slots=True)
class ApplicationState:
    """One application: its objects, what lives of it but left Git, and the sum of both.

    One that is broken in Git has `problems`; its objects are those that live, compared with nothing. What lives in its
    namespace and is nobody's is `unowned`, where its project asks for it; it counts for nothing. `held` is why the loop
    leaves it alone now though nothing is wrong with it in Git.
    """

    application: Application
    objects: tuple[ObjectState, ...]
    extra: tuple[ObjectKey, ...]
    problems: tuple[Problem, ...] = ()
    unowned: tuple[ObjectKey, ...] = ()
    held: Problem | None = None

    @property
    def sync(self) -> str:
        """`Synced`, `OutOfSync`, or `Unknown` while Git can't be read for it."""
        if self.problems:
            return UNKNOWN
        return SYNCED if not self.extra and all(item.synced for item in self.objects) else OUT_OF_SYNC

    @property
    def health(self) -> Health:
        """The worst of what lives; Missing only when nothing lives of what should.

        A missing object is told by the sync status. A child Application that is missing or unknown does not
        count, since only its own objects know.
        """
        if self.problems and not self.objects:
            return Health(Status.UNKNOWN, "")
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
    left_out: Sequence[LeftOut] = (),
    *,
    strict: bool = False,
) -> tuple[ApplicationState, ...]:
    """The state of every application, of those in the plan and of those that are left out, by wave and name.

    `live` holds whole objects; `owner_label` is the label that says which application a live one belongs to;
    `health_rules` judge the objects of applications of which nothing else is known. With `strict`, what was added
    beside what Git states is looked for too.
    """
    extra: dict[str, list[ObjectKey]] = {}
    for key in sorted(key for key in set(live) - plan.keys if not made_by_hook(live[key])):
        metadata = live[key]["metadata"]
        annotations = metadata.get("annotations") or {}
        # an old version of configuration is where it should be for as long as it is needed
        if annotations.get(PRUNE_ANNOTATION) != UNUSED and not compare_options(annotations).ignore_extraneous:
            owner = (metadata.get("labels") or {}).get(owner_label, "")
            extra.setdefault(owner, []).append(key)
    objects: dict[str, list[PlannedObject]] = {}
    for item in plan.objects:
        objects.setdefault(item.manifest.application, []).append(item)
    broken = {item.name: item for item in left_out}
    steered = rules_between({**live, **{item.manifest.key: item.manifest.body for item in plan.objects}})
    sound = [
        ApplicationState(
            application,
            tuple(
                _state(
                    item,
                    live.get(item.manifest.key),
                    (*steered.get(item.manifest.key, ()), *application.ignore_differences),
                    application.health_rules,
                    strict=strict,
                )
                for item in objects.get(application.name, ())
            ),
            tuple(extra.get(application.name, ())),
        )
        for application in plan.applications
    ]
    unknown = [_left_out(item, extra.get(name, ()), live, health_rules) for name, item in broken.items()]
    return tuple(sorted([*sound, *unknown], key=lambda item: (item.application.wave, item.application.name)))


def _left_out(
    item: LeftOut,
    lives: Iterable[ObjectKey],
    live: Mapping[ObjectKey, Object],
    health_rules: Sequence[HealthRule],
) -> ApplicationState:
    application = item.application or Application(item.name, "", "", "", 0, health_rules=tuple(health_rules))
    rules = application.health_rules
    objects = tuple(
        ObjectState(key, missing=False, differences=(), health=_health(key, live[key], rules))
        for key in lives
    )
    return ApplicationState(application, objects, (), item.problems)


def _health(key: ObjectKey, live: Object, rules: Sequence[HealthRule]) -> Health:
    found = health(live, rules)
    return Health(found.status, f"{key}: {found.message}") if found.message else found


def _state(
    planned: PlannedObject,
    live: Object | None,
    rules: Sequence[IgnoreDifference],
    health_rules: Sequence[HealthRule],
    *,
    strict: bool,
) -> ObjectState:
    key, annotations = planned.manifest.key, planned.manifest.annotations
    notes = tuple(
        f"compare option {option} has no effect" for option in compare_options(annotations).not_honored
    )
    if live is None:
        missing = Health(Status.MISSING, f"{key} does not exist")
        return ObjectState(key, missing=True, differences=(), health=missing, notes=notes)
    ignored = annotations.get(IGNORE_ANNOTATION) == "true"
    told = HEALTHY if ignored else _health(key, live, health_rules)
    differences, failures = compare_by(planned.manifest.body, live, rules)
    additions = added(planned.manifest.body, live, rules) if strict else ()
    return ObjectState(key, False, differences, told, (*notes, *failures), additions)  # noqa: FBT003 - not missing
