"""What is measured while a new version takes over, and which values are good.

A field's `metadata` holds the bounds that a reader checks, in the words of JSON Schema.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - whoever reads sections reads the annotations
from dataclasses import dataclass, field

DURATION = {"pattern": r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"}
NAME = {"pattern": r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"}
LIMIT = {"ge": -1, "le": 1_000_000}
COUNT = {"ge": 0, "le": 1_000_000}


@dataclass(frozen=True, slots=True)
class Check:
    """One measurement with Prometheus: one of the library's, or a query of one's own.

    Attributes:
        name: the library's name, or any for a query of one's own.
        query: PromQL; "" for the library's. May hold `{{args.pod-hash}}` and `{{args.stable-hash}}`.
        threshold: what the library's measurement has to keep to; None for its usual one.
        failure_threshold: where it fails; between the two it is inconclusive. None for `threshold`.
        success_condition: for a query of one's own, in Argo Rollouts' expressions, such as `result[0] >= 5`.
        failure_condition: likewise; with both, what is neither is inconclusive.
        window: the time that the library's rates are taken over.
        interval: the time between two measurements.
        count: how many are taken, 0 for as long as the rollout lasts; None for 5, or for 0 where only the background
            asks.
        failure_limit: how many may fail; -1 for any number.
        inconclusive_limit: how many may be inconclusive.
        consecutive_error_limit: how many in a row may end in an error.
        initial_delay: how long after the start the first one is taken; None for the window.
        dry_run: whether its outcome counts for nothing.
    """

    name: str = field(metadata=NAME)
    query: str = ""
    threshold: float | None = None
    failure_threshold: float | None = None
    success_condition: str = ""
    failure_condition: str = ""
    window: str = field(default="2m", metadata=DURATION)
    interval: str = field(default="1m", metadata=DURATION)
    count: int | None = field(default=None, metadata=COUNT)
    failure_limit: int | None = field(default=None, metadata=LIMIT)
    inconclusive_limit: int | None = field(default=None, metadata=LIMIT)
    consecutive_error_limit: int | None = field(default=None, metadata=LIMIT)
    initial_delay: str | None = field(default=None, metadata=DURATION)
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Analysis:
    """Checks that run together, and fail together.

    Attributes:
        checks: names of the section's checks, of the library's, or of AnalysisTemplates in Git.
        args: arguments of such AnalysisTemplates.
    """

    checks: tuple[str, ...] = field(metadata={"min_length": 1})
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Background:
    """Checks that run for as long as a canary lasts.

    Attributes:
        starting_step: the number of the step, from 0, that they begin with.
    """

    checks: tuple[str, ...] = field(metadata={"min_length": 1})
    args: Mapping[str, str] = field(default_factory=dict)
    starting_step: int | None = field(default=None, metadata=COUNT)
