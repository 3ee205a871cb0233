"""An application's objects with its `rollout:` section carried out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitops.model.keys import ObjectKey
from gitops.rollouts.analysis import checks_used, template
from gitops.rollouts.checks import wrong_checks
from gitops.rollouts.finding import find_deployment, find_service, named, space
from gitops.rollouts.strategy import pair, strategy
from gitops.rollouts.traffic import split
from gitops.rollouts.workload import retargeted, rollout

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitops.model.manifest import JsonObject
    from gitops.model.rollout.section import RolloutSection
    from gitops.rollouts.fault import Fault

_ISTIO = {
    "VirtualService": (("spec", "canary.istio.virtualService"),),
    "DestinationRule": (("spec", "canary.istio.destinationRule"),),
}
Prefixes = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """An object of an application after its section was carried out.

    Attributes:
        origin: the object that Git states in its place; None for one that the section makes.
        prefixes: paths in the object, and the section's keys that come to stand there.
    """

    body: JsonObject
    origin: JsonObject | None
    prefixes: Prefixes = ()


@dataclass(slots=True)
class Carried:
    """The objects, or what is wrong; a fault's path begins with a key of the section."""

    parts: list[Part] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def carried_out(section: RolloutSection, objects: Sequence[JsonObject]) -> Carried:
    """The objects of an application with the section's in place of its Deployment; as they are when it has faults."""
    carried = Carried(faults=list(wrong_checks(section)))
    found = find_deployment(section, objects, carried.faults)
    service = find_service(section, found, objects, carried.faults) if found else None
    if found and not carried.faults:
        _carry_out(section, found, service, objects, carried)
    else:
        carried.parts = [Part(body, body) for body in objects]
    return carried


def _carry_out(
    section: RolloutSection,
    deployment: JsonObject,
    service: JsonObject | None,
    objects: Sequence[JsonObject],
    carried: Carried,
) -> None:
    name, namespace = named(deployment), space(deployment)
    stated = {ObjectKey.of_body(body) for body in objects}
    services = pair(section, named(service) if service else "")
    for body in objects:
        if body is deployment:
            told = rollout(body, section, strategy(section, name, services))
            carried.parts.append(Part(told, body, (("spec.strategy", ""),)))
            if section.workload_ref:
                carried.parts.append(Part(body, body))
        else:
            mine = space(body) == namespace
            carried.parts.append(Part(retargeted(body, name) if mine else body, body))
    for part in _beside(section, deployment, service, services.other):
        if ObjectKey.of_body(part.body) not in stated:
            carried.parts.append(part)
    numbers = {check.name: number for number, check in enumerate(section.checks)}
    for check in checks_used(section).values():
        body = template(check, name, namespace, section.prometheus)
        path = f"checks[{numbers[check.name]}]" if check.name in numbers else "checks"
        prefixes = (("spec.metrics[0].provider.prometheus", path), ("spec.metrics[0]", path))
        carried.parts.append(Part(body, None, prefixes))


def _beside(
    section: RolloutSection, deployment: JsonObject, service: JsonObject | None, other: str
) -> Iterator[Part]:
    """What the strategy needs besides, whether Git states it or not."""
    if service is not None:
        istio = section.canary.istio if section.canary else None
        for body in split(istio, named(deployment), service, other):
            yield Part(body, None, _ISTIO.get(body["kind"], ()))
