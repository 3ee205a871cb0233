"""Faults between a Rollout and its Services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.model.keys import ObjectKey
from gitops.model.manifest import as_mapping
from gitops.model.steering import HASH_LABEL
from gitops.rollouts.fault import Fault
from gitops.rollouts.faults.steps import BLUE_GREEN, CANARY
from gitops.rollouts.faults.workloads import rollout_labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitops.model.manifest import JsonObject

_NEEDS_BOTH = frozenset("istio alb smi apisix ambassador nginx appMesh traefik".split())


def service_faults(
    key: ObjectKey, rollout: JsonObject, stated: Mapping[ObjectKey, JsonObject]
) -> Iterator[Fault]:
    """Services that are missing, the same, or lead to other pods."""
    strategy = as_mapping(rollout["spec"].get("strategy"))
    canary, green = as_mapping(strategy.get("canary")), as_mapping(strategy.get("blueGreen"))
    named = {
        f"{CANARY}.stableService": canary.get("stableService"),
        f"{CANARY}.canaryService": canary.get("canaryService"),
        f"{BLUE_GREEN}.activeService": green.get("activeService"),
        f"{BLUE_GREEN}.previewService": green.get("previewService"),
    }
    for path in _required(strategy):
        if not named[path]:
            yield Fault(path, "is missing: the strategy needs it", "name a Service")
    for first, second in (tuple(named)[:2], tuple(named)[2:]):
        if named[first] and named[first] == named[second]:
            yield Fault(
                second, f"both are {named[first]}, and each version needs its own", "name two Services"
            )
    labels = rollout_labels(key, rollout, stated)
    for path, name in named.items():
        if not name:
            continue
        service = stated.get(ObjectKey("", "Service", key.namespace, str(name)))
        if service is None:
            what = f"there is no Service {key.namespace}/{name} in the repository"
            yield Fault(path, what, "state it, or mend the name")
            continue
        selector = as_mapping(as_mapping(service.get("spec")).get("selector"))
        other = sorted(
            label for label, value in selector.items() if label != HASH_LABEL and labels.get(label) != value
        )
        if labels and other:
            what = f"Service {name} selects by {', '.join(other)}, which the pods don't have so"
            yield Fault(path, what, "mend the Service's selector, or name another one")


def _required(strategy: JsonObject) -> tuple[str, ...]:
    if "blueGreen" in strategy:
        return (f"{BLUE_GREEN}.activeService",)
    canary = as_mapping(strategy.get("canary"))
    routing = as_mapping(canary.get("trafficRouting"))
    by_subset = "destinationRule" in as_mapping(routing.get("istio"))
    if by_subset or "pingPong" in canary or not _NEEDS_BOTH & routing.keys():
        return ()
    return (f"{CANARY}.stableService", f"{CANARY}.canaryService")
