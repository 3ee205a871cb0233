"""Services and Istio's routes between which a rollout's traffic is split."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.model.manifest import as_list, as_mapping
from gitops.rollouts.finding import named, space
from gitops.rollouts.spelling import ISTIO, made, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops.model.manifest import JsonObject
    from gitops.model.rollout.canary import Canary
    from gitops.model.rollout.traffic import DestinationRule, Istio, VirtualService

# What two Services can't share, or what opens one to the outside.
_ALONE = frozenset(
    "clusterIP clusterIPs externalIPs externalName healthCheckNodePort loadBalancerClass loadBalancerIP"
    " loadBalancerSourceRanges allocateLoadBalancerNodePorts externalTrafficPolicy type".split()
)
ROUTE = "primary"
"""The name of the one route of a VirtualService that is made."""


def split(istio: Istio | None, workload: str, service: JsonObject, other: str) -> Iterator[JsonObject]:
    """What leads to a workload's versions beside the stable one's Service; `other` is the second one's name or ""."""
    if other:
        yield second_service(service, other)
    if istio is None:
        return
    namespace, stable = space(service), named(service)
    yield virtual_service(istio, workload, namespace, stable, other)
    if istio.destination_rule:
        labels = as_mapping(as_mapping(service.get("spec")).get("selector"))
        yield destination_rule(istio.destination_rule, workload, namespace, stable, labels)


def second_service(service: JsonObject, name: str) -> JsonObject:
    """A Service of another name for the same pods, inside the cluster alone; the controller narrows its selector."""
    spec = as_mapping(service.get("spec"))
    kept = {key: value for key, value in spec.items() if key not in _ALONE}
    kept["ports"] = [
        {key: value for key, value in as_mapping(port).items() if key != "nodePort"}
        for port in as_list(spec.get("ports"))
    ]
    body = made("v1", "Service", name, space(service), kept)
    labels = service["metadata"].get("labels")
    return {**body, "metadata": {**body["metadata"], "labels": labels}} if labels else body


def virtual_service(istio: Istio, workload: str, namespace: str, stable: str, canary: str) -> JsonObject:
    """A VirtualService with one route, all of whose traffic goes to the stable version at first."""
    stated, rule = istio.virtual_service, istio.destination_rule
    places = [
        {"host": stable, **({"subset": rule.stable_subset_name} if rule else {})},
        {"host": stable, "subset": rule.canary_subset_name} if rule else {"host": canary},
    ]
    route = [{"destination": place, "weight": weight} for place, weight in zip(places, (100, 0), strict=True)]
    spec: JsonObject = {
        "hosts": list(stated.hosts or (stable,)),
        "http": [{"name": (stated.routes or (ROUTE,))[0], "route": route}],
    }
    if stated.gateways:
        spec["gateways"] = list(stated.gateways)
    return made(ISTIO, "VirtualService", stated.name or workload, namespace, spec)


def destination_rule(
    rule: DestinationRule, workload: str, namespace: str, host: str, labels: JsonObject
) -> JsonObject:
    """A DestinationRule with both subsets, to whose labels the controller adds each version's hash."""
    names = (rule.stable_subset_name, rule.canary_subset_name)
    spec = {"host": host, "subsets": [{"name": name, "labels": labels} for name in names]}
    return made(ISTIO, "DestinationRule", rule.name or workload, namespace, spec)


def routing(canary: Canary, workload: str) -> JsonObject:
    """`trafficRouting` of a canary; the routes that its steps name are managed when it names none itself."""
    istio = canary.istio
    if istio is None:
        return {}
    told: JsonObject = {"virtualService": _routes(istio.virtual_service, workload)}
    if istio.destination_rule:
        rule = istio.destination_rule
        told["destinationRule"] = {**spelled(rule), "name": rule.name or workload}
    routes = canary.managed_routes or tuple(
        dict.fromkeys(
            route.name for step in canary.steps if (route := step.set_header_route or step.set_mirror_route)
        )
    )
    return {"istio": told, **({"managedRoutes": [{"name": name} for name in routes]} if routes else {})}


def _routes(stated: VirtualService, workload: str) -> JsonObject:
    routes = {"routes": list(stated.routes)} if stated.routes else {}
    return {"name": stated.name or workload, **routes}
