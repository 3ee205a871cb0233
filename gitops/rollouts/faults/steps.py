"""Faults in a strategy by itself: its steps, weights and routes. Source of the rules: Argo Rollouts' own validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops.model.duration import parse_duration
from gitops.model.manifest import as_list, as_mapping, names_in
from gitops.rollouts.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops.model.manifest import JsonObject

CANARY, BLUE_GREEN = "spec.strategy.canary", "spec.strategy.blueGreen"
STEPS = frozenset(
    "setWeight pause experiment analysis setCanaryScale setHeaderRoute setMirrorRoute plugin".split()
)
_SCALES = ("replicas", "weight", "matchTrafficWeight")
_MATCHES = ("exact", "prefix", "regex")
# which of the traffic routers can make a route of their own
_HEADER_ROUTERS, _MIRROR_ROUTERS = ("istio", "alb", "apisix", "plugins"), ("istio", "plugins")


def step_faults(strategy: JsonObject) -> Iterator[Fault]:
    """What is wrong with a Rollout's `spec.strategy`."""
    there = [name for name in ("canary", "blueGreen") if name in strategy]
    if len(there) != 1:
        what = "has two strategies" if there else "has no strategy"
        yield Fault("spec.strategy", what, "state canary or blueGreen")
    if "canary" in strategy:
        canary = as_mapping(strategy["canary"])
        yield from _canary(canary)
        yield from _weights(canary)
        for number, step in enumerate(as_list(canary.get("steps"))):
            yield from _step(f"{CANARY}.steps[{number}]", as_mapping(step), canary)


def _canary(canary: JsonObject) -> Iterator[Fault]:
    routed, delay = "trafficRouting" in canary, "scaleDownDelaySeconds" in canary
    for name in ("scaleDownDelaySeconds", "dynamicStableScale"):
        if canary.get(name) and not routed:
            step = "state trafficRouting (a section: istio), or take it out"
            yield Fault(f"{CANARY}.{name}", "has no meaning without traffic routing", step)
    if routed and delay and canary.get("dynamicStableScale"):
        what = "the stable version can't shrink by and by and stay for a time at once"
        yield Fault(f"{CANARY}.dynamicStableScale", what, "take out scaleDownDelaySeconds")
    if _nothing(canary.get("maxSurge")) and _nothing(canary.get("maxUnavailable")):
        what = "with no surge and nothing unavailable, no pod could ever be replaced"
        yield Fault(f"{CANARY}.maxSurge", what, "raise one of the two")
    start, steps = as_mapping(canary.get("analysis")).get("startingStep"), as_list(canary.get("steps"))
    if isinstance(start, int) and start >= max(len(steps), 1):
        what = (
            f"there is no step {start}: the last one is {len(steps) - 1}" if steps else "there are no steps"
        )
        yield Fault(f"{CANARY}.analysis.startingStep", what, "steps are counted from 0")


def _nothing(value: Any) -> bool:
    return str(value) in {"0", "0%"}


def _weights(canary: JsonObject) -> Iterator[Fault]:
    most = as_mapping(canary.get("trafficRouting")).get("maxTrafficWeight", 100)
    before = 0
    for number, step in enumerate(as_list(canary.get("steps"))):
        weight = as_mapping(step).get("setWeight")
        if not isinstance(weight, int) or isinstance(weight, bool):
            continue
        path = f"{CANARY}.steps[{number}].setWeight"
        if not 0 <= weight <= most:
            yield Fault(path, f"{weight} is no weight", f"state one from 0 to {most}")
        elif weight < before:
            what = f"{weight} is less than the {before} of an earlier step: a canary's weight goes up"
            yield Fault(path, what, "put the steps in order; an abort takes the traffic back")
        before = max(before, weight)


def _step(path: str, step: JsonObject, canary: JsonObject) -> Iterator[Fault]:
    there = sorted(STEPS & step.keys())
    if len(there) != 1:
        what = f"does several things at once: {', '.join(there)}" if there else "does nothing"
        yield Fault(path, what, f"a step is one of {', '.join(sorted(STEPS))}")
        return
    routing = as_mapping(canary.get("trafficRouting"))
    name, value = there[0], as_mapping(step[there[0]])
    path = f"{path}.{name}"
    if name == "pause" and isinstance(value.get("duration"), str) and not _is_duration(value["duration"]):
        yield Fault(
            f"{path}.duration", f"{value['duration']!r} is no duration", "write it as 90s, 5m or 1h30m"
        )
    if name == "setCanaryScale":
        if not routing:
            step_ = "state trafficRouting (a section: istio), or let setWeight scale the canary"
            yield Fault(path, "needs traffic routing: else the pods are what splits the traffic", step_)
        if sum(key in value for key in _SCALES) != 1:
            yield Fault(path, f"has to state one of {', '.join(_SCALES)}", "keep just one")
    if name in {"setHeaderRoute", "setMirrorRoute"}:
        yield from _route(path, name, value, routing)


def _route(path: str, name: str, route: JsonObject, routing: JsonObject) -> Iterator[Fault]:
    routers = _HEADER_ROUTERS if name == "setHeaderRoute" else _MIRROR_ROUTERS
    if not any(router in routing for router in routers):
        yield Fault(path, "needs traffic routing by Istio", "state trafficRouting (a section: istio)")
        return
    managed = names_in(routing.get("managedRoutes"))
    if route.get("name") not in managed:
        names = ", ".join(managed) or "none"
        what = f"{route.get('name')!r} is no managed route; those are: {names}"
        yield Fault(f"{path}.name", what, "add it to managedRoutes")
    for number, match in enumerate(as_list(route.get("match"))):
        for where, text in _texts(as_mapping(match)):
            if sum(key in text for key in _MATCHES) != 1:
                what = f"has to state one of {', '.join(_MATCHES)}"
                yield Fault(f"{path}.match[{number}].{where}", what, "keep just one")


def _texts(match: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    for key in ("headerValue", "method", "path"):
        if key in match:
            yield key, as_mapping(match[key])
    for header, text in as_mapping(match.get("headers")).items():
        yield f"headers.{header}", as_mapping(text)


def _is_duration(text: str) -> bool:
    if text.isdecimal():
        return True
    try:
        parse_duration(text)
    except ValueError:
        return False
    return True
