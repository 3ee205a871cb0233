"""What a Rollout names, by the identity of each object, as its controller looks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.model.keys import ObjectKey, group_of
from gitops.model.manifest import as_list, as_mapping
from gitops.rollouts.spelling import ISTIO, ROLLOUTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops.model.manifest import JsonObject

_SERVICES = {"canary": ("stableService", "canaryService"), "blueGreen": ("activeService", "previewService")}
GROUP, ISTIO_GROUP = group_of(ROLLOUTS), group_of(ISTIO)


def is_rollout(key: ObjectKey) -> bool:
    """Whether it is an object of Argo Rollouts' main kind."""
    return (key.group, key.kind) == (GROUP, "Rollout")


def workload_of(key: ObjectKey, body: JsonObject) -> ObjectKey | None:
    """The workload whose pods a Rollout takes over, a Deployment unless it says more; None when it states its own."""
    reference = as_mapping(as_mapping(body.get("spec")).get("workloadRef"))
    if not reference.get("name"):
        return None
    group = group_of(str(reference.get("apiVersion") or "apps/v1"))
    return ObjectKey(group, str(reference.get("kind") or "Deployment"), key.namespace, str(reference["name"]))


def services_of(key: ObjectKey, body: JsonObject) -> Iterator[ObjectKey]:
    """The Services that a Rollout's strategy names; it marks them as leading to pods of one version."""
    strategy = as_mapping(as_mapping(body.get("spec")).get("strategy"))
    for kind, names in _SERVICES.items():
        for name in names:
            if service := as_mapping(strategy.get(kind)).get(name):
                yield ObjectKey("", "Service", key.namespace, str(service))


def virtual_services(istio: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """What `trafficRouting.istio` says of each VirtualService, with its path there."""
    if "virtualService" in istio:
        yield "virtualService", as_mapping(istio["virtualService"])
    for number, service in enumerate(as_list(istio.get("virtualServices"))):
        yield f"virtualServices[{number}]", as_mapping(service)


def virtual_service_of(key: ObjectKey, service: JsonObject) -> ObjectKey:
    """The VirtualService that a canary names, as NAME or NAME.NAMESPACE; its name is "" where it names none."""
    name, _, namespace = str(service.get("name") or "").partition(".")
    return ObjectKey(ISTIO_GROUP, "VirtualService", namespace or key.namespace, name)


def destination_rule_of(key: ObjectKey, rule: JsonObject) -> ObjectKey:
    """The DestinationRule that a canary names; its name is "" where it names none."""
    return ObjectKey(ISTIO_GROUP, "DestinationRule", key.namespace, str(rule.get("name") or ""))
