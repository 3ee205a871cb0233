"""The library of named checks: what is asked of Prometheus, and what counts as good.

Istio's standard metrics, cAdvisor's and kube-state-metrics', each for the pods of the new version alone: these are
known by the hash in their names, which the controller hands over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitops.model.rollout.analysis import Check

POD_HASH, STABLE_HASH = "pod-hash", "stable-hash"
"""The arguments that a query may hold: the hashes in the names of the new version's pods and of the stable one's."""
_PODS = 'namespace="$namespace",pod=~"$workload-{{args.pod-hash}}-.*"'


@dataclass(frozen=True, slots=True)
class Named:
    """A measurement that is known by its name.

    Attributes:
        query: PromQL, with `$namespace`, `$workload` and `$window`.
        at_least: whether more is better.
        threshold: what is good enough unless a check says otherwise.
        meaning: for people, with the unit.
    """

    query: str
    at_least: bool
    threshold: float
    meaning: str


LIBRARY = {
    "success-rate": Named(
        f'1 - (sum(rate(istio_requests_total{{reporter="destination",{_PODS},response_code=~"5.."}}[$window]))'
        f' or vector(0)) / sum(rate(istio_requests_total{{reporter="destination",{_PODS}}}[$window]))'
        " or vector(NaN)",
        at_least=True,
        threshold=0.99,
        meaning="share of the requests that no status 5xx answers",
    ),
    "latency-p95": Named(
        "histogram_quantile(0.95, sum by (le) (rate("
        f'istio_request_duration_milliseconds_bucket{{reporter="destination",{_PODS}}}[$window])))'
        " or vector(NaN)",
        at_least=False,
        threshold=500,
        meaning="milliseconds in which 95 of 100 requests are answered",
    ),
    "saturation": Named(
        # each container by its own limit: a sidecar's would make room for what is throttled beside it
        f'max(sum by (pod, container) (rate(container_cpu_usage_seconds_total{{{_PODS},container!=""}}[$window]))'
        f' / max by (pod, container) (kube_pod_container_resource_limits{{{_PODS},resource="cpu"}}))'
        " or vector(NaN)",
        at_least=False,
        threshold=0.9,
        meaning="share of its CPU limit that the busiest container uses",
    ),
    "restart-rate": Named(
        f"sum(increase(kube_pod_container_status_restarts_total{{{_PODS}}}[$window])) or vector(NaN)",
        at_least=False,
        threshold=0,
        meaning="restarts of containers in the window",
    ),
}


def query(check: Check, workload: str, namespace: str) -> str:
    """The PromQL of a check, with its workload's names in it."""
    text = check.query or LIBRARY[check.name].query
    for name, value in (("namespace", namespace), ("workload", workload), ("window", check.window)):
        text = text.replace(f"${name}", value)
    return text


def conditions(check: Check) -> dict[str, str]:
    """When a measurement is a success and when a failure.

    What is neither, as the success rate of no requests at all, is inconclusive.
    """
    if check.query:
        told = {"successCondition": check.success_condition, "failureCondition": check.failure_condition}
        return {name: text for name, text in told.items() if text}
    named = LIBRARY[check.name]
    good = named.threshold if check.threshold is None else check.threshold
    bad = good if check.failure_threshold is None else check.failure_threshold
    within, beyond = (">=", "<") if named.at_least else ("<=", ">")
    return {
        "successCondition": f"result[0] {within} {good:g}",
        "failureCondition": f"result[0] {beyond} {bad:g}",
    }
