"""Faults between a Rollout and Istio's routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.model.manifest import as_list, as_mapping, names_in
from gitops.rollouts.fault import Fault
from gitops.rollouts.faults.steps import CANARY
from gitops.rollouts.naming import destination_rule_of, virtual_service_of, virtual_services

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitops.model.keys import ObjectKey
    from gitops.model.manifest import JsonObject

_PATH = f"{CANARY}.trafficRouting.istio"


def route_faults(
    key: ObjectKey, rollout: JsonObject, stated: Mapping[ObjectKey, JsonObject]
) -> Iterator[Fault]:
    """VirtualServices, routes and subsets that a canary names and that are not there."""
    canary = as_mapping(as_mapping(rollout["spec"].get("strategy")).get("canary"))
    routing = as_mapping(canary.get("trafficRouting"))
    istio = as_mapping(routing.get("istio"))
    managed = names_in(routing.get("managedRoutes"))
    for place, service in virtual_services(istio):
        path = f"{_PATH}.{place}"
        body = stated.get(virtual_service_of(key, service))
        if body is None:
            what = f"VirtualService {service.get('name')} is stated nowhere"
            yield Fault(f"{path}.name", what, "state it, or mend the name")
            continue
        yield from _routes(path, service, body, managed, _versions(canary, istio))
    if "destinationRule" in istio:
        yield from _subsets(key, as_mapping(istio["destinationRule"]), stated)


def _versions(canary: JsonObject, istio: JsonObject) -> set[str]:
    """What the two destinations of a route are told apart by: subsets, or hosts."""
    rule = as_mapping(istio.get("destinationRule"))
    if rule:
        return {str(rule.get("stableSubsetName")), str(rule.get("canarySubsetName"))}
    return {str(canary.get("stableService")), str(canary.get("canaryService"))}


def _routes(
    path: str, service: JsonObject, body: JsonObject, managed: list[str], versions: set[str]
) -> Iterator[Fault]:
    if "tlsRoutes" in service or "tcpRoutes" in service:
        return
    spec = as_mapping(body.get("spec"))
    routes = [as_mapping(route) for route in as_list(spec.get("http"))]
    known = names_in(routes)
    wanted = as_list(service.get("routes"))
    name = service.get("name")
    for route in wanted:
        if route not in known:
            what = f"VirtualService {name} has no HTTP route {route}; it has: {', '.join(known) or 'none with a name'}"
            yield Fault(f"{path}.routes", what, "name the route in the VirtualService, or mend the name")
    split = [
        route
        for route in routes
        if (route.get("name") in wanted if wanted else route.get("name") not in managed)
    ]
    if not wanted and len(split) != 1 and not ("tls" in spec or "tcp" in spec):
        what = (
            f"VirtualService {name} has {len(split) or 'no'} HTTP routes, so which one to split is not clear"
        )
        yield Fault(path, what, "name them in routes")
        return
    for route in split:
        places = {_version(as_mapping(item), versions) for item in as_list(route.get("route"))}
        if places != versions:
            what = (
                f"route {route.get('name', '')} of VirtualService {name} leads to {_listed(places)},"
                f" not to {_listed(versions)}"
            )
            yield Fault(path, what, "give it exactly these two destinations")


def _version(item: JsonObject, versions: set[str]) -> str:
    destination = as_mapping(item.get("destination"))
    host, subset = str(destination.get("host") or ""), str(destination.get("subset") or "")
    return subset if subset in versions else host.partition(".")[0]


def _listed(names: set[str]) -> str:
    return " and ".join(sorted(names)) or "nothing"


def _subsets(key: ObjectKey, rule: JsonObject, stated: Mapping[ObjectKey, JsonObject]) -> Iterator[Fault]:
    path, named = f"{_PATH}.destinationRule", destination_rule_of(key, rule)
    body = stated.get(named)
    if body is None:
        what = f"DestinationRule {named.name} is stated nowhere"
        yield Fault(f"{path}.name", what, "state it, or mend the name")
        return
    subsets = names_in(as_mapping(body.get("spec")).get("subsets"))
    for field in ("stableSubsetName", "canarySubsetName"):
        if rule.get(field) not in subsets:
            what = f"DestinationRule {named.name} has no subset {rule.get(field)}"
            yield Fault(f"{path}.{field}", what, "add the subset, or mend the name")
