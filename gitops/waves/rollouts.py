"""What an Argo Rollout names, and so steers: found in the Rollout alone, whoever has written what in the cluster."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from gitops.model.keys import GROUP_ANNOTATION, ObjectKey
from gitops.model.manifest import as_list, as_mapping
from gitops.model.steering import HASH_LABEL, Steering
from gitops.model.sync import IgnoreDifference
from gitops.rollouts.naming import (
    destination_rule_of,
    is_rollout,
    virtual_service_of,
    virtual_services,
    workload_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gitops.model.errors import Problems
    from gitops.model.manifest import Manifest


Object = dict[str, Any]

_SERVICES = {
    "canary": ("canaryService", "stableService"),
    "blueGreen": ("activeService", "previewService"),
}
_PING_PONG = ("pingService", "pongService")
# What a person or a command tells a Rollout for the moment.
_OWN = ("/spec/paused", "/spec/restartAt")
_SCALING = frozenset(("progressively", "onsuccess"))


def groups(manifests: Iterable[Manifest]) -> dict[ObjectKey, tuple[Manifest, ...]]:
    """For each Rollout that says by its annotation that it is of a group, the other ones of that group."""
    named: dict[str, list[Manifest]] = defaultdict(list)
    for manifest in manifests:
        if is_rollout(manifest.key) and (name := str(manifest.annotations.get(GROUP_ANNOTATION, ""))):
            named[name].append(manifest)
    return {
        one.key: tuple(other for other in members if other.key != one.key)
        for members in named.values()
        for one in members
    }


def check_groups(
    groups: Mapping[ObjectKey, tuple[Manifest, ...]],
    waves: Mapping[str, int],
    problems: Problems,
) -> None:
    """Note Rollouts of one group whose applications, given with their waves, are not of one wave."""
    for key, others in groups.items():
        for other in others:
            own = next(item for item in groups[other.key] if item.key == key)
            if waves[own.application] < waves[other.application]:
                problems.add(
                    f"{key} would wait for ever for {other.key} of its group, which is of a later wave",
                    own.where,
                    "put the applications of a group into one wave",
                    own.application,
                    also=(other.application,),
                )


def left_to_rollout(key: ObjectKey, body: Object) -> Iterator[tuple[ObjectKey, tuple[str, ...]]]:
    """Objects with JSON pointers to single fields that are left alone: of the Rollout, and of its workload."""
    yield key, _OWN
    if workload := scaled_down(key, body):
        yield workload, ("/spec/replicas",)


def scaled_down(key: ObjectKey, body: Object) -> ObjectKey | None:
    """The workload that a Rollout has taken the pods of over, and scales down; None where it scales none."""
    reference = as_mapping(as_mapping(body.get("spec")).get("workloadRef"))
    return workload_of(key, body) if reference.get("scaleDown") in _SCALING else None


def steered_by_rollout(key: ObjectKey, body: Object) -> Iterator[tuple[ObjectKey, Steering]]:
    """Objects of which parts are a Rollout's."""
    strategy = as_mapping(as_mapping(body.get("spec")).get("strategy"))
    for name, fields in _SERVICES.items():
        stated = as_mapping(strategy.get(name))
        services = [stated.get(field) for field in fields]
        services += [as_mapping(stated.get("pingPong")).get(field) for field in _PING_PONG]
        for service in filter(None, services):
            yield ObjectKey("", "Service", key.namespace, str(service)), Steering("Service")
    routing = as_mapping(as_mapping(strategy.get("canary")).get("trafficRouting"))
    istio = as_mapping(routing.get("istio"))
    added = frozenset(str(as_mapping(item).get("name")) for item in as_list(routing.get("managedRoutes")))
    for _, service in virtual_services(istio):
        named = virtual_service_of(key, service)
        if named.name:
            # routes of TLS and TCP have no names: by their ports and hosts, all of them may be meant
            nameless = service.get("tlsRoutes") or service.get("tcpRoutes")
            routes = frozenset[str]() if nameless else frozenset(map(str, as_list(service.get("routes"))))
            yield named, Steering("VirtualService", routes, added)
    rule = as_mapping(istio.get("destinationRule"))
    named = destination_rule_of(key, rule)
    if named.name:
        names = frozenset(str(rule[f]) for f in ("canarySubsetName", "stableSubsetName") if rule.get(f))
        yield named, Steering("DestinationRule", subsets=names)


def as_rule(key: ObjectKey, steering: Steering) -> IgnoreDifference:
    """The rule by which what is a Rollout's is no drift."""
    label = json.dumps(HASH_LABEL)
    match steering.kind:
        case "Service":
            pointers = (f"/spec/selector/{HASH_LABEL}",)
            return IgnoreDifference(key.group, key.kind, key.name, key.namespace, pointers)
        case "DestinationRule":
            jq = tuple(
                f".spec.subsets[]? | {_named(n)} | .labels[{label}]?" for n in sorted(steering.subsets)
            )
        case _:
            jq = _weights(steering)
    return IgnoreDifference(key.group, key.kind, key.name, key.namespace, jq_expressions=jq)


def _weights(steering: Steering) -> tuple[str, ...]:
    added = tuple(f".spec.http[]? | {_named(name)}" for name in sorted(steering.added))
    if steering.routes:
        of = tuple(f".spec.http[]? | {_named(n)} | .route[]?.weight" for n in sorted(steering.routes))
    else:
        of = tuple(f".spec.{protocol}[]?.route[]?.weight" for protocol in ("http", "tls", "tcp"))
    return (*added, *of)


def _named(name: str) -> str:
    return f"select(.name == {json.dumps(name)})"
