"""Two plans of one stack, object for object: what happens to each, in which wave, and what is worth a second look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.drift.immutable import unchangeable
from gitops.manifests.options import staying
from gitops.model.images import images, is_older, moves
from gitops.model.phase import SYNC_PHASES
from gitops.model.plan import Hook
from gitops.model.preview import Effect, ObjectChange, StackPreview
from gitops.report.manifests import changes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from gitops.model.keys import ObjectKey
    from gitops.model.manifest import Manifest
    from gitops.model.partial import LeftOut
    from gitops.model.plan import Plan, PlannedObject

_LOST = {
    "Namespace": "everything in the namespace goes with it",
    "PersistentVolumeClaim": "the data on its volume may go with it",
    "PersistentVolume": "the data on it may go with it",
}


def compared(
    before: Plan, broken: Sequence[LeftOut], after: Plan, left_out: Sequence[LeftOut]
) -> StackPreview:
    """What happens to a stack that goes from one plan to another.

    `broken` could not be read before, and what they state now counts as created. `left_out` can't be read now: a
    sync would pass them over, so that what they stated stays.
    """
    staying_away = {item.name for item in left_out}
    kept = {key for item in left_out for key in item.states}
    old = {
        item.manifest.key: item
        for item in before.objects
        if item.manifest.application not in staying_away and item.manifest.key not in kept
    }
    new = {item.manifest.key: item for item in after.objects}
    applications = {item.name for item in after.applications}
    found = [
        _change(key, old.get(key), new.get(key), before, applications)
        for key, _, _ in changes(_manifests(old.values()), _manifests(new.values()))
    ]
    problems = [problem for item in left_out for problem in item.problems]
    return StackPreview(
        after.stack,
        before.revision,
        after.revision,
        tuple(sorted(found, key=lambda c: (c.wave, c.application, c.key))),
        tuple(_hooks(before, after)),
        tuple(dict.fromkeys(problems)),
        tuple(
            f"{item.name} can't be read at {before.revision[:12]}: all of it counts as created"
            for item in broken
            if item.name not in staying_away
        ),
    )


def _manifests(items: Collection[PlannedObject]) -> list[Manifest]:
    return [item.manifest for item in items]


def _change(
    key: ObjectKey,
    old: PlannedObject | None,
    new: PlannedObject | None,
    before: Plan,
    applications: Collection[str],
) -> ObjectChange:
    place = new or old
    assert place  # noqa: S101 - one of both states it
    fields = unchangeable(old.manifest.body, new.manifest.body) if old and new else ()
    effect = _effect(old, new, fields, before, applications)
    return ObjectChange(
        key,
        place.manifest.application,
        place.wave,
        effect,
        old.manifest if old else None,
        new.manifest if new else None,
        fields,
        tuple(_warnings(key, effect, old, new, fields)),
    )


def _effect(
    old: PlannedObject | None,
    new: PlannedObject | None,
    fields: Sequence[str],
    before: Plan,
    applications: Collection[str],
) -> Effect:
    if old is None:
        return Effect.CREATED
    if new is None:
        name = old.manifest.application
        prune = next((item.prune for item in before.applications if item.name == name), True)
        stays = staying(old.options, prune=prune)
        is_left = stays in {"false", "confirm"} or (stays == "object-only" and name not in applications)
        return Effect.LEFT if is_left else Effect.DELETED
    anew = new.options.replace and new.options.force and _content(old) != _content(new)
    return Effect.REPLACED if fields or anew else Effect.CHANGED


def _content(item: PlannedObject) -> dict[str, object]:
    return {name: value for name, value in item.manifest.body.items() if name != "metadata"}


def _warnings(
    key: ObjectKey,
    effect: Effect,
    old: PlannedObject | None,
    new: PlannedObject | None,
    fields: Sequence[str],
) -> Iterator[str]:
    match effect:
        case Effect.DELETED | Effect.REPLACED:
            if key.kind in _LOST:
                yield _LOST[key.kind]
            if key.kind == "CustomResourceDefinition":
                yield "every object of that kind goes with it"
        case Effect.LEFT:
            yield "leaves Git and stays in the cluster, as it is told to"
    if effect is Effect.REPLACED:
        why = f": {', '.join(fields)} can not be changed" if fields else ""
        yield f"is deleted and made anew{why}"
    if new is not None:
        had = dict(images(old.manifest.body)) if old else {}
        for name, image in images(new.manifest.body):
            if image == had.get(name):
                continue
            if moves(image):
                yield f"{image} may be another image tomorrow: name a version or a digest"
            if is_older(had.get(name, ""), image):
                yield f"{name} goes back from {had[name]} to {image}"


def _hooks(before: Plan, after: Plan) -> Iterator[str]:
    """The hooks of a sync that would run: those that are new, changed, or run each time."""
    triggers = {step.name: step.trigger for step in before.steps if isinstance(step, Hook)}
    for step in after.steps:
        if isinstance(step, Hook) and step.phase in SYNC_PHASES:
            changed = triggers.get(step.name) != step.trigger
            yield from (step.name,) if step.every_sync or changed else ()
