"""The plan: waves behind gates, namespaces and CRDs first, applications side by side, one order."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING

from gitops.model.phase import Phase
from gitops.model.plan import Gate, Plan, PlannedObject
from gitops.waves.dependencies import check_dependencies, in_order
from gitops.waves.levels import Surroundings, application_gate, application_steps, failure_hooks
from gitops.waves.order import FOUNDATIONS
from gitops.waves.phases import Placed, placed
from gitops.waves.rollouts import check_groups, groups
from gitops.waves.steered import rules_between, shared_between
from gitops.waves.treatment import planned_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitops.model.application import Application
    from gitops.model.errors import Problems
    from gitops.model.keys import ObjectKey
    from gitops.model.manifest import Manifest
    from gitops.model.plan import Step


def make_plan(
    stack: str,
    revision: str,
    applications: Iterable[Application],
    manifests: Iterable[Manifest],
    problems: Problems,
) -> Plan:
    """Every object's place: in which wave, and after which other steps.

    A wave's objects come after the gate of the wave before, which every object of that wave has to pass.
    With problems noted, the plan has no steps.
    """
    applications = tuple(sorted(applications, key=lambda item: (item.wave, item.name)))
    check_dependencies(applications, problems)
    items = placed(manifests, problems)
    together = groups(item.manifest for item in items if not item.hook)
    check_groups(together, {item.name: item.wave for item in applications}, problems)
    if len(problems):
        return Plan(stack, revision, applications, ())
    planner = _Planner({item.name: item for item in applications}, items, together)
    steps: list[Step] = []
    opening: tuple[str, ...] = ()
    for number in sorted({application.wave for application in applications}):
        wave = planner.wave(number, opening)
        names = tuple(step.name for step in wave if not isinstance(step, Gate) or step.hooks)
        gate = Gate(f"wave-{number}", number, "", names or opening)
        steps += [*wave, gate]
        opening = (gate.name,)
    failures = tuple(
        chain.from_iterable(
            failure_hooks(application, planner.of[application.name]) for application in applications
        )
    )
    return Plan(stack, revision, applications, tuple(steps), failures)


class _Planner:
    """One plan in the making: knows whose wave an object is in and where the foundations are."""

    def __init__(
        self,
        applications: Mapping[str, Application],
        items: list[Placed],
        together: Mapping[ObjectKey, tuple[Manifest, ...]],
    ) -> None:
        self.applications = applications
        self.of: dict[str, list[Placed]] = defaultdict(list)
        self.foundations: dict[tuple[str, str, str], Manifest] = {}
        for item in items:
            self.of[item.manifest.application].append(item)
            if _is_foundation(item):
                self.foundations[_provides(item.manifest)] = item.manifest
        bodies = {item.manifest.key: item.manifest.body for item in items if not item.hook}
        self.steered, self.shared = rules_between(bodies), shared_between(bodies)
        self.groups = together
        self.waves = self._waves(items)
        self.by_wave: dict[int, list[Placed]] = defaultdict(list)
        for item in items:
            if item.phase is not Phase.SYNC_FAIL:
                self.by_wave[self._wave_of(item)].append(item)

    def _waves(self, items: list[Placed]) -> dict[ObjectKey, int]:
        """Each object's wave: its application's, or an earlier one for what is needed earlier."""
        waves = {
            item.manifest.key: self.applications[item.manifest.application].wave
            for item in items
            if not item.hook
        }
        for item in items:
            for foundation in self._needs(item.manifest):
                waves[foundation.key] = min(waves[foundation.key], self._wave_of(item, waves))
        return waves

    def _wave_of(self, item: Placed, waves: Mapping[ObjectKey, int] | None = None) -> int:
        known = self.waves if waves is None else waves
        return self.applications[item.manifest.application].wave if item.hook else known[item.manifest.key]

    def _needs(self, manifest: Manifest) -> list[Manifest]:
        """The namespace and the CRD of an object, as far as the plan states them."""
        key = manifest.key
        if manifest.kind in FOUNDATIONS:
            return []
        wanted = (("Namespace", "", key.namespace), ("kind", key.group, key.kind))
        return [self.foundations[need] for need in wanted if need in self.foundations]

    def wave(self, number: int, opening: tuple[str, ...]) -> list[Step]:
        """The steps of one wave; `opening` is the gate in front of it."""
        members = self.by_wave[number]
        steps: list[Step] = [
            self._foundation(item.manifest, number, opening) for item in members if _is_foundation(item)
        ]
        rest: dict[str, list[Placed]] = defaultdict(list)
        for item in members:
            if not _is_foundation(item):
                rest[item.manifest.application].append(item)
        applications = in_order(self.applications[name] for name in self.applications if name in rest)
        awaited = {name for application in applications for name in application.depends_on if name in rest}
        for application in applications:
            earlier = tuple(application_gate(name) for name in application.depends_on if name in rest)
            around = Surroundings(
                number,
                earlier or opening,
                bool(earlier),
                {item.manifest.key: self._bases(item.manifest, number) for item in rest[application.name]},
                self.steered,
                self.shared,
                self.groups,
            )
            own = application_steps(application, rest[application.name], around, self.of[application.name])
            steps += own
            if application.name in awaited:
                names = tuple(step.name for step in own if not isinstance(step, Gate) or step.hooks)
                steps.append(Gate(application_gate(application.name), number, application.name, names))
        return steps

    def _bases(self, manifest: Manifest, number: int) -> tuple[str, ...]:
        """The foundations of an object that are made in the same wave."""
        return tuple(
            item.key.resource_name for item in self._needs(manifest) if self.waves[item.key] == number
        )

    def _foundation(self, manifest: Manifest, number: int, opening: tuple[str, ...]) -> PlannedObject:
        application = self.applications[manifest.application]
        return planned_object(manifest, application, number, opening, self.steered.get(manifest.key, ()))


def _is_foundation(item: Placed) -> bool:
    return not item.hook and item.manifest.kind in FOUNDATIONS


def _provides(manifest: Manifest) -> tuple[str, str, str]:
    """What a foundation is the foundation of: a namespace, or a group and kind."""
    if manifest.kind == "Namespace":
        return "Namespace", "", manifest.key.name
    match manifest.body.get("spec"):
        case {"group": str(group), "names": {"kind": str(kind)}}:
            return "kind", group, kind
        case _:
            return "kind", "", ""
