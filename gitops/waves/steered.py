"""What an object leaves to another one that steers it, such as its replicas to an autoscaler.

A rule says which fields; they are no drift, and a sync leaves them alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops.model.keys import ObjectKey, group_of
from gitops.model.manifest import as_list, as_mapping
from gitops.model.sync import IgnoreDifference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Object = dict[str, Any]

_WEIGHTS = (".spec.http[]?.route[]?.weight", ".spec.tls[]?.route[]?.weight", ".spec.tcp[]?.route[]?.weight")


def rules_between(objects: Mapping[ObjectKey, Object]) -> dict[ObjectKey, tuple[IgnoreDifference, ...]]:
    """For each object that another one steers, the rules that leave to that one what is its own."""
    found: dict[ObjectKey, tuple[IgnoreDifference, ...]] = {}
    for key, body in objects.items():
        for steered, rule in _steered(key, body):
            found[steered] = (*found.get(steered, ()), rule)
    return found


def _steered(key: ObjectKey, body: Object) -> Iterator[tuple[ObjectKey, IgnoreDifference]]:
    spec = as_mapping(body.get("spec"))
    match key.group, key.kind:
        case ("autoscaling", "HorizontalPodAutoscaler") | ("keda.sh", "ScaledObject"):
            target = as_mapping(spec.get("scaleTargetRef"))
            group = group_of(str(target.get("apiVersion") or "apps/v1"))
            kind = str(target.get("kind") or "Deployment")
            yield _rule(group, kind, key.namespace, target.get("name"), json_pointers=("/spec/replicas",))
        case ("argoproj.io", "Rollout"):
            routing = as_mapping(
                as_mapping(as_mapping(spec.get("strategy")).get("canary")).get("trafficRouting")
            )
            istio = as_mapping(routing.get("istio"))
            for service in (istio.get("virtualService"), *as_list(istio.get("virtualServices"))):
                name, _, namespace = str(as_mapping(service).get("name") or "").partition(".")
                yield _rule(
                    "networking.istio.io",
                    "VirtualService",
                    namespace or key.namespace,
                    name,
                    jq_expressions=_WEIGHTS,
                )


def _rule(
    group: str, kind: str, namespace: str, name: Any, **what: tuple[str, ...]
) -> tuple[ObjectKey, IgnoreDifference]:
    key = ObjectKey(group, kind, namespace, str(name or ""))
    return key, IgnoreDifference(group, kind, key.name, namespace, **what)
