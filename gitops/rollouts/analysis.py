"""Checks become AnalysisTemplates, one for each, and what a strategy says to run them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gitops.model.rollout.analysis import Background, Check
from gitops.rollouts.library import LIBRARY, POD_HASH, STABLE_HASH, conditions, query
from gitops.rollouts.spelling import ROLLOUTS, made, spelled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitops.model.manifest import JsonObject
    from gitops.model.rollout.analysis import Analysis
    from gitops.model.rollout.section import RolloutSection

TEMPLATE = "AnalysisTemplate"
_HASHES = {POD_HASH: "Latest", STABLE_HASH: "Stable"}
# how many times a check is measured that something waits for
_COUNT = 5
_NO_FIELDS = (
    "name query threshold failure_threshold success_condition failure_condition window dry_run".split()
)


def analyses(section: RolloutSection) -> Iterator[tuple[str, Analysis | Background]]:
    """Everything that a section runs, with its path, such as `canary.steps[1].analysis`."""
    if section.canary:
        for number, step in enumerate(section.canary.steps):
            if step.analysis:
                yield f"canary.steps[{number}].analysis", step.analysis
        if section.canary.analysis:
            yield "canary.analysis", section.canary.analysis
    if section.blue_green:
        if section.blue_green.pre_promotion_analysis:
            yield "blueGreen.prePromotionAnalysis", section.blue_green.pre_promotion_analysis
        if section.blue_green.post_promotion_analysis:
            yield "blueGreen.postPromotionAnalysis", section.blue_green.post_promotion_analysis


def checks_used(section: RolloutSection) -> dict[str, Check]:
    """The checks that a section runs, by name: as it states them, or as the library does, with a count each."""
    stated = {check.name: check for check in section.checks}
    counts: dict[str, int] = {}
    for _, analysis in analyses(section):
        for name in analysis.checks:
            counts[name] = max(counts.get(name, 0), 0 if isinstance(analysis, Background) else _COUNT)
    checks = {name: stated.get(name) or Check(name) for name in counts if name in stated or name in LIBRARY}
    return {
        name: replace(check, count=counts[name]) if check.count is None else check
        for name, check in checks.items()
    }


def template(check: Check, workload: str, namespace: str, prometheus: str) -> JsonObject:
    """The AnalysisTemplate of a check."""
    asked = query(check, workload, namespace)
    metric = {
        "name": check.name,
        **spelled(replace(check, initial_delay=check.initial_delay or check.window), but=_NO_FIELDS),
        **conditions(check),
        "provider": {"prometheus": {"address": prometheus, "query": asked}},
    }
    spec: JsonObject = {"metrics": [metric]}
    arguments = [name for name in _HASHES if f"{{{{args.{name}}}}}" in asked]
    if arguments:
        spec["args"] = [{"name": name} for name in arguments]
    if check.dry_run:
        spec["dryRun"] = [{"metricName": check.name}]
    return made(ROLLOUTS, TEMPLATE, template_name(workload, check.name), namespace, spec)


def template_name(workload: str, check: str) -> str:
    """The name of the AnalysisTemplate that a check of a workload becomes."""
    return f"{workload}-{check}"


def reference(analysis: Analysis | Background, workload: str, checks: Iterable[str]) -> JsonObject:
    """What a strategy says to run them; a name that is none of the checks is an AnalysisTemplate's."""
    known = frozenset(checks)
    names = [template_name(workload, name) if name in known else name for name in analysis.checks]
    args: list[JsonObject] = [{"name": name, "value": value} for name, value in analysis.args.items()]
    if known & set(analysis.checks):
        args += [
            {"name": name, "valueFrom": {"podTemplateHashValue": which}} for name, which in _HASHES.items()
        ]
    told: JsonObject = {"templates": [{"templateName": name} for name in names], "args": args}
    if not args:
        del told["args"]
    if isinstance(analysis, Background) and analysis.starting_step is not None:
        told["startingStep"] = analysis.starting_step
    return told
