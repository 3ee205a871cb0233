"""The plan: waves behind gates, namespaces and CRDs first, sync waves inside an application, one order."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from typing import TYPE_CHECKING

from gitops.model.plan import Gate, Plan, PlannedObject, Step
from gitops.waves.dependencies import check_dependencies, in_order
from gitops.waves.order import PREREQUISITES, WORKLOADS, sort_key, sync_wave
from gitops.waves.readiness import readiness

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitops.model.application import Application
    from gitops.model.errors import Problems
    from gitops.model.keys import ObjectKey
    from gitops.model.manifest import Manifest

# Objects that others can't exist without: they open their wave, whatever application states them.
FOUNDATIONS = frozenset(("Namespace", "CustomResourceDefinition"))


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
    if len(problems):
        return Plan(stack, revision, applications, ())
    manifests = sorted(manifests, key=sort_key)
    planner = _Planner({item.name: item for item in applications}, manifests)
    steps: list[Step] = []
    opening: tuple[str, ...] = ()
    for number in sorted({application.wave for application in applications}):
        wave = planner.wave(number, opening)
        names = tuple(step.name for step in wave if isinstance(step, PlannedObject))
        gate = Gate(f"wave-{number}", number, "", names or opening)
        steps += [*wave, gate]
        opening = (gate.name,)
    return Plan(stack, revision, applications, tuple(steps))


class _Planner:
    """One plan in the making: knows whose wave an object is in and where the foundations are."""

    def __init__(self, applications: Mapping[str, Application], manifests: list[Manifest]) -> None:
        self.applications = applications
        self.foundations: dict[tuple[str, str, str], Manifest] = {}
        for manifest in manifests:
            if manifest.kind in FOUNDATIONS:
                self.foundations[_provides(manifest)] = manifest
        self.waves = self._waves(manifests)
        self.by_wave: dict[int, list[Manifest]] = defaultdict(list)
        for manifest in manifests:
            self.by_wave[self.waves[manifest.key]].append(manifest)

    def _waves(self, manifests: list[Manifest]) -> dict[ObjectKey, int]:
        """Each object's wave: its application's, or an earlier one for what is needed earlier."""
        waves = {item.key: self.applications[item.application].wave for item in manifests}
        for manifest in manifests:
            for foundation in self._needs(manifest):
                waves[foundation.key] = min(waves[foundation.key], waves[manifest.key])
        return waves

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
            self._object(item, number, opening) for item in members if item.kind in FOUNDATIONS
        ]
        rest: dict[str, list[Manifest]] = defaultdict(list)
        for item in members:
            if item.kind not in FOUNDATIONS:
                rest[item.application].append(item)
        applications = in_order(self.applications[name] for name in self.applications if name in rest)
        awaited = {name for application in applications for name in application.depends_on if name in rest}
        for application in applications:
            earlier = tuple(_gate_name(name) for name in application.depends_on if name in rest)
            own = self._application(application, number, rest[application.name], earlier or opening)
            steps += own
            if application.name in awaited:
                names = tuple(step.name for step in own if isinstance(step, PlannedObject))
                steps.append(Gate(_gate_name(application.name), number, application.name, names))
        return steps

    def _application(
        self, application: Application, number: int, manifests: list[Manifest], opening: tuple[str, ...]
    ) -> list[Step]:
        """One application's steps in a wave, its sync waves behind gates of their own."""
        levels = [(level, list(items)) for level, items in groupby(manifests, key=sync_wave)]
        steps: list[Step] = []
        for level, items in levels:
            objects = [self._object(item, number, opening, items) for item in items]
            steps += objects
            if level != levels[-1][0]:
                name = f"{_gate_name(application.name)}:sync-wave-{level}"
                steps.append(Gate(name, number, application.name, tuple(item.name for item in objects)))
                opening = (name,)
        return steps

    def _object(
        self, manifest: Manifest, number: int, opening: tuple[str, ...], siblings: Iterable[Manifest] = ()
    ) -> PlannedObject:
        """An object after its foundations of this wave, its siblings' prerequisites, and the opening.

        The opening is left out where a sibling that comes after it already stands in between.
        """
        foundations = [
            item.key.resource_name for item in self._needs(manifest) if self.waves[item.key] == number
        ]
        prerequisites = [
            item.key.resource_name
            for item in siblings
            if manifest.kind in WORKLOADS and item.kind in PREREQUISITES
        ]
        behind_opening = bool(prerequisites) or (bool(foundations) and _is_wave_gate(opening))
        after = (*(() if behind_opening else opening), *foundations, *prerequisites)
        application = self.applications[manifest.application]
        return PlannedObject(manifest, number, readiness(manifest, application), tuple(sorted(set(after))))


def _provides(manifest: Manifest) -> tuple[str, str, str]:
    """What a foundation is the foundation of: a namespace, or a group and kind."""
    if manifest.kind == "Namespace":
        return "Namespace", "", manifest.key.name
    match manifest.body.get("spec"):
        case {"group": str(group), "names": {"kind": str(kind)}}:
            return "kind", group, kind
        case _:
            return "kind", "", ""


def _gate_name(application: str) -> str:
    return f"application-{application}"


def _is_wave_gate(opening: tuple[str, ...]) -> bool:
    return not opening or opening[0].startswith("wave-")
