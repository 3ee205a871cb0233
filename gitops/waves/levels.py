"""One application inside a wave: phases and sync waves, each level behind a gate of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from gitops.model.phase import SYNC_PHASES, DeletePolicy, Phase
from gitops.model.plan import Gate, Hook, hook_name
from gitops.rollouts.naming import is_rollout, workload_of
from gitops.waves.order import PREREQUISITES, ROUTES, WORKLOADS, kind_rank
from gitops.waves.phases import Placed, delete_policies, trigger
from gitops.waves.treatment import health_check, planned_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gitops.model.application import Application
    from gitops.model.keys import ObjectKey
    from gitops.model.manifest import Manifest
    from gitops.model.plan import Step
    from gitops.model.steering import Steering
    from gitops.model.sync import IgnoreDifference


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a wave is to one of its applications.

    Attributes:
        wave: its number.
        opening: the steps that all objects of the application come after.
        strict: whether even an object that comes after a foundation needs the opening: only a wave's own
            gate stands in front of the foundations too.
        bases: the foundations of each object that are made in the same wave.
        steered: the rules by which others own parts of an object.
        shared: which part of an object's lists is a Rollout's.
        groups: the others that a Rollout goes on together with.
    """

    wave: int
    opening: tuple[str, ...]
    strict: bool
    bases: Mapping[ObjectKey, tuple[str, ...]]
    steered: Mapping[ObjectKey, tuple[IgnoreDifference, ...]] = field(default_factory=dict)
    shared: Mapping[ObjectKey, Steering] = field(default_factory=dict)
    groups: Mapping[ObjectKey, tuple[Manifest, ...]] = field(default_factory=dict)


def application_gate(application: str) -> str:
    """The gate behind one application, and the beginning of the names of those inside of it."""
    return f"application-{application}"


def application_steps(
    application: Application, items: Sequence[Placed], around: Surroundings, everything: Iterable[Placed]
) -> list[Step]:
    """An application's steps in a wave: phases, and in each its sync waves, gated.

    `everything` is all that the application states in any wave; its hooks run again when that changes.
    """
    making = _Making(application, around, _trigger(items, everything))
    ending = {
        phase: [i for i in items if i.phase is phase] for phase in (Phase.PRE_DELETE, Phase.POST_DELETE)
    }
    # deletion is the reverse: what runs when everything is gone comes first, what runs before that comes last
    steps, opening = making.ending(ending[Phase.POST_DELETE], around.opening)
    strict = around.strict or bool(steps)
    steps += making.levels([item for item in items if item.phase in SYNC_PHASES], opening, strict=strict)
    names = tuple(step.name for step in steps if not isinstance(step, Gate))
    before_end, _ = making.ending(ending[Phase.PRE_DELETE], names or opening)
    return [*steps, *before_end]


def failure_hooks(application: Application, everything: Sequence[Placed]) -> list[Hook]:
    """The hooks that run when one of the application's steps fails, in their order."""
    making = _Making(application, Surroundings(application.wave, (), strict=False, bases={}), "")
    return [making.hook(item, ()) for item in everything if item.phase is Phase.SYNC_FAIL]


@dataclass(frozen=True, slots=True)
class _Making:
    """The steps of one application in the making."""

    application: Application
    around: Surroundings
    trigger: str

    def levels(self, items: Sequence[Placed], opening: tuple[str, ...], *, strict: bool) -> list[Step]:
        steps: list[Step] = []
        levels = [(level, list(members)) for level, members in groupby(items, key=lambda item: item.level)]
        for index, ((phase, number), members) in enumerate(levels):
            made = [step for item in members for step in self._steps(item, members, opening, strict=strict)]
            steps += made
            following = levels[index + 1][0][0] if index + 1 < len(levels) else None
            done = () if following is phase else self._succeeding(steps, phase)
            if following or done:
                name = self._gate(phase, number, last=following is not phase)
                after = tuple(step.name for step in made)
                steps.append(Gate(name, self.around.wave, self.application.name, after, done))
                opening, strict = (name,), True
        return steps

    def ending(self, items: Sequence[Placed], opening: tuple[str, ...]) -> tuple[list[Step], tuple[str, ...]]:
        """Hooks that run when they are deleted, in reverse, and the names of those that come last here."""
        hooks: list[Step] = []
        for _, members in groupby(sorted(items, key=_rank, reverse=True), key=_rank):
            level = [self.hook(item, opening) for item in members]
            hooks += level
            opening = tuple(hook.name for hook in level)
        return hooks, opening

    def hook(self, item: Placed, after: tuple[str, ...]) -> Hook:
        return Hook(
            item.manifest,
            item.phase,
            self.around.wave,
            tuple(sorted({*after, *self.around.bases.get(item.manifest.key, ())})),
            delete_policies(item.manifest),
            self.application.health_timeout,
            self.trigger,
            self.application.hooks_every_sync,
        )

    def _steps(
        self, item: Placed, siblings: Sequence[Placed], opening: tuple[str, ...], *, strict: bool
    ) -> list[Step]:
        """An object, with the check of its health where a rule asks for one, or a hook.

        It comes after its foundations, its siblings' prerequisites, and the opening, which is left out where
        another step that comes after it already stands in between.
        """
        bases = self.around.bases[item.manifest.key]
        prerequisites = tuple(_name(other) for other in siblings if _comes_before(other, item))
        between = bool(prerequisites) or (bool(bases) and not strict)
        after = (*(() if between else opening), *bases, *prerequisites)
        if item.hook:
            return [self.hook(item, after)]
        key, around = item.manifest.key, self.around
        planned = planned_object(
            item.manifest,
            self.application,
            around.wave,
            after,
            around.steered.get(key, ()),
            around.shared.get(key),
        )
        taken = _taken_over(item.manifest, siblings) if is_rollout(key) else None
        check = health_check(planned, self.application, taken, around.groups.get(key, ()))
        return [planned, check] if check else [planned]

    def _gate(self, phase: Phase, number: int, *, last: bool) -> str:
        begin = application_gate(self.application.name)
        if last:
            return f"{begin}:{phase}"
        return f"{begin}:sync-wave-{number}" if phase is Phase.SYNC else f"{begin}:{phase}:sync-wave-{number}"

    @staticmethod
    def _succeeding(steps: Iterable[Step], phase: Phase) -> tuple[Hook, ...]:
        """The hooks of a phase whose objects go when all of the phase has succeeded."""
        hooks = (step for step in steps if isinstance(step, Hook) and step.phase is phase)
        return tuple(hook for hook in hooks if DeletePolicy.HOOK_SUCCEEDED in hook.policies)


def _name(item: Placed) -> str:
    """The name of the step that an item becomes."""
    manifest = item.manifest
    return hook_name(manifest, item.phase) if item.hook else manifest.key.resource_name


def _rank(item: Placed) -> tuple[int, int]:
    return item.level[1], kind_rank(item.manifest.kind)


def _taken_over(rollout: Manifest, siblings: Iterable[Placed]) -> Manifest | None:
    """The workload whose pods a Rollout takes over, where it is among its siblings."""
    workload = workload_of(rollout.key, rollout.body)
    if workload is None:
        return None
    return next((other.manifest for other in siblings if other.manifest.key == workload), None)


def _comes_before(other: Placed, item: Placed) -> bool:
    """Whether an item of the same level has to be there first."""
    kind = item.manifest.kind
    if other.hook and other.manifest.kind == "Namespace":
        return kind != "Namespace"
    if kind == "Rollout" and other.manifest.kind in ROUTES:
        return True
    return kind in WORKLOADS and other.manifest.kind in PREREQUISITES


def _trigger(items: Iterable[Placed], everything: Iterable[Placed]) -> str:
    """Reckoned only for applications that have hooks."""
    if not any(item.hook for item in items):
        return ""
    return trigger({item.manifest.key: item.manifest for item in everything}.values())
