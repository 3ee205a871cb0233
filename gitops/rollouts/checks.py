"""What is wrong with a section's checks, before any template is made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.rollouts.analysis import analyses, checks_used
from gitops.rollouts.fault import Fault
from gitops.rollouts.library import LIBRARY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops.model.rollout.analysis import Check
    from gitops.model.rollout.section import RolloutSection


def wrong_checks(section: RolloutSection) -> Iterator[Fault]:
    """Checks that the library does not have, that state too much or too little, or that nothing runs."""
    used = {name for _, analysis in analyses(section) for name in analysis.checks}
    for number, check in enumerate(section.checks):
        path = f"checks[{number}]"
        what = wrong_check(check)
        if what:
            yield Fault(path, what, f"the library has {', '.join(LIBRARY)}; anything else states a query")
        elif check.name not in used:
            yield Fault(
                f"{path}.name", f"no analysis runs {check.name}", "name it in an analysis, or take it out"
            )
    if checks_used(section) and not section.prometheus:
        step = "state it, or gitops:prometheus for the whole stack"
        yield Fault("prometheus", "there is no address to ask", step)


def wrong_check(check: Check) -> str:
    """What is wrong with a check by itself, "" for nothing."""
    stated = [text for text in (check.success_condition, check.failure_condition) if text]
    if not check.query:
        if check.name not in LIBRARY:
            return f"{check.name} is not in the library, and states no query"
        if stated:
            return f"{check.name} of the library takes a threshold, not conditions"
        return _wrong_thresholds(check)
    if check.name in LIBRARY:
        return f"{check.name} is the library's: a query of your own needs another name"
    if check.threshold is not None or check.failure_threshold is not None:
        return "a query of your own takes successCondition or failureCondition, not a threshold"
    return "" if stated else "a query without successCondition and failureCondition would always succeed"


def _wrong_thresholds(check: Check) -> str:
    named = LIBRARY[check.name]
    good = named.threshold if check.threshold is None else check.threshold
    bad = check.failure_threshold
    if bad is None or bad == good or (bad < good) == named.at_least:
        return ""
    return f"{check.name} would fail at {bad:g}, which is better than its threshold {good:g}"
