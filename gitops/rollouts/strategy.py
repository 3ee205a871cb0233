"""A section's strategy as a Rollout states it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops.rollouts.analysis import checks_used, reference
from gitops.rollouts.spelling import spelled
from gitops.rollouts.traffic import routing

if TYPE_CHECKING:
    from collections.abc import Collection

    from gitops.model.manifest import JsonObject
    from gitops.model.rollout.blue_green import BlueGreen
    from gitops.model.rollout.canary import Canary, Step
    from gitops.model.rollout.section import RolloutSection

CANARY_SERVICE, PREVIEW_SERVICE = "{}-canary", "{}-preview"


@dataclass(frozen=True, slots=True)
class Pair:
    """The names of the Service of the version that users have, and of the other's; "" for none."""

    stable: str = ""
    other: str = ""


def strategy(section: RolloutSection, workload: str, services: Pair) -> JsonObject:
    """`spec.strategy` of the Rollout."""
    checks = checks_used(section)
    if section.canary:
        return {"canary": _canary(section.canary, workload, services, checks)}
    assert section.blue_green is not None  # noqa: S101 - a section has one of the two
    return {"blueGreen": _blue_green(section.blue_green, workload, services, checks)}


def pair(section: RolloutSection, stable: str) -> Pair:
    """The Services of a section whose stable one has this name; "" where it needs none."""
    if section.blue_green:
        return Pair(stable, section.blue_green.preview_service or PREVIEW_SERVICE.format(stable))
    canary = section.canary
    if canary is None or not stable:
        return Pair()
    if canary.istio and canary.istio.destination_rule and not canary.canary_service:
        return Pair(stable)
    return Pair(stable, canary.canary_service or CANARY_SERVICE.format(stable))


def _canary(canary: Canary, workload: str, services: Pair, checks: Collection[str]) -> JsonObject:
    told: JsonObject = spelled(canary, but=("steps", "analysis", "istio", "managed_routes"))
    if canary.steps:
        told["steps"] = [_step(step, workload, checks) for step in canary.steps]
    if canary.analysis:
        told["analysis"] = reference(canary.analysis, workload, checks)
    if services.other:
        told |= {"stableService": services.stable, "canaryService": services.other}
    if canary.istio:
        told["trafficRouting"] = routing(canary, workload)
    return told


def _step(step: Step, workload: str, checks: Collection[str]) -> JsonObject:
    if step.analysis:
        return {"analysis": reference(step.analysis, workload, checks)}
    told: JsonObject = spelled(step)
    return told


def _blue_green(green: BlueGreen, workload: str, services: Pair, checks: Collection[str]) -> JsonObject:
    told: JsonObject = spelled(green, but=("pre_promotion_analysis", "post_promotion_analysis"))
    told |= {"activeService": services.stable, "previewService": services.other}
    for name, analysis in (
        ("prePromotionAnalysis", green.pre_promotion_analysis),
        ("postPromotionAnalysis", green.post_promotion_analysis),
    ):
        if analysis:
            told[name] = reference(analysis, workload, checks)
    return told
