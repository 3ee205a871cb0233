"""Why a Rollout was aborted or paused: what its analysis has measured, and by which query."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gitops.cluster.errors import ApiError
from gitops.cluster.health import Status, canary_steps, health
from gitops.model.keys import group_of
from gitops.model.manifest import as_list, as_mapping
from gitops.model.steering import HASH_LABEL
from gitops.rollouts.naming import GROUP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops.cluster.client import Client, Object

_BAD = ("Failed", "Error", "Inconclusive")
_WHEN = {
    "Background": "in the background",
    "PrePromotion": "before the promotion",
    "PostPromotion": "after the promotion",
}


class Measured(NamedTuple):
    """What decided an analysis.

    Attributes:
        run: the AnalysisRun's name.
        when: such as `at step 2 of 5`.
        metric: the metric's name.
        phase: `Failed`, `Error` or `Inconclusive`.
        value: what was measured last of that sort, or why nothing could be.
        condition: what had to hold, "" when nothing had to.
        query: as it was asked, "" for what is asked otherwise.
    """

    run: str
    when: str
    metric: str
    phase: str
    value: str
    condition: str
    query: str

    def __str__(self) -> str:
        """All of it in one line."""
        told = f"metric {self.metric} {self.phase.lower()} {self.when}: measured {self.value or 'nothing'}"
        wanted = f", wanted {self.condition}" if self.condition else ""
        return told + wanted + (f"; query {' '.join(self.query.split())}" if self.query else "")


def verdict(client: Client, live: Object) -> str:
    """What the analysis of a Rollout that is degraded or paused has measured, and what it says of itself.

    Empty for any other object, and for a Rollout that is well.
    """
    if (live.get("kind"), group_of(str(live.get("apiVersion")))) != ("Rollout", GROUP):
        return ""
    found = health(live)
    if found.status not in {Status.DEGRADED, Status.SUSPENDED}:
        return ""
    return "; ".join([*map(str, measured(client, live)), found.message])


def measured(client: Client, live: Object) -> tuple[Measured, ...]:
    """What the analyses of a Rollout's newest pods have measured that did not succeed, the newest run alone."""
    metadata, status = live["metadata"], as_mapping(live.get("status"))
    mark = status.get("currentPodHash")
    path = f"/apis/{live['apiVersion']}/namespaces/{metadata['namespace']}/analysisruns"
    try:
        runs = client.list(path, f"{HASH_LABEL}={mark}") if mark else []
    except ApiError:
        return ()  # it may be forbidden, and what the Rollout says itself is enough to go on
    bad = [
        run
        for run in runs
        if as_mapping(run.get("status")).get("phase") in _BAD
        and any(
            owner.get("uid") == metadata.get("uid")
            for owner in as_list(run["metadata"].get("ownerReferences"))
        )
    ]
    newest = max(bad, key=lambda run: str(run["metadata"].get("creationTimestamp")), default=None)
    return tuple(_measured(newest, live)) if newest else ()


def when_of(run: Object, live: Object) -> str:
    """Where an AnalysisRun belongs in a Rollout, such as `at step 2 of 5` or `in the background`."""
    labels = as_mapping(run["metadata"].get("labels"))
    if "step-index" in labels:
        steps = canary_steps(as_mapping(live.get("spec")))
        return f"at step {int(labels['step-index']) + 1} of {len(steps)}"
    return _WHEN.get(str(labels.get("rollout-type")), "")


def _measured(run: Object, live: Object) -> Iterator[Measured]:
    when = when_of(run, live)
    stated = {
        item.get("name"): item
        for item in map(as_mapping, as_list(as_mapping(run.get("spec")).get("metrics")))
    }
    for result in map(as_mapping, as_list(as_mapping(run.get("status")).get("metricResults"))):
        phase = str(result.get("phase"))
        if phase not in _BAD or result.get("dryRun"):
            continue
        metric = as_mapping(stated.get(result.get("name")))
        samples = [
            item
            for item in map(as_mapping, as_list(result.get("measurements")))
            if item.get("phase") == phase
        ]
        last = samples[-1] if samples else {}
        asked = as_mapping(as_mapping(metric.get("provider")).get("prometheus")).get("query")
        query = as_mapping(result.get("metadata")).get("ResolvedPrometheusQuery") or asked or ""
        yield Measured(
            str(run["metadata"]["name"]),
            when,
            str(result.get("name")),
            phase,
            str(last.get("value") or last.get("message") or result.get("message") or ""),
            str(metric.get("successCondition") or metric.get("failureCondition") or ""),
            str(query),
        )
