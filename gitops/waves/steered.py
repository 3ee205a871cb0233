"""What an object leaves to another one that steers it, such as its replicas to an autoscaler.

A rule says which fields; they are no drift, and a sync leaves them alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops.model.keys import ObjectKey, group_of
from gitops.model.manifest import as_mapping
from gitops.model.sync import IgnoreDifference
from gitops.rollouts.naming import is_rollout
from gitops.waves.rollouts import as_rule, left_to_rollout, steered_by_rollout

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitops.model.steering import Steering

Object = dict[str, Any]


def rules_between(objects: Mapping[ObjectKey, Object]) -> dict[ObjectKey, tuple[IgnoreDifference, ...]]:
    """For each object that another one steers, the rules that leave to that one what is its own."""
    found: dict[ObjectKey, tuple[IgnoreDifference, ...]] = {}
    for key, body in objects.items():
        for steered, rule in _steered(key, body):
            found[steered] = (*found.get(steered, ()), rule)
    return found


def shared_between(objects: Mapping[ObjectKey, Object]) -> dict[ObjectKey, Steering]:
    """For each object of whose lists and maps a part is a Rollout's, which part that is."""
    found: dict[ObjectKey, Steering] = {}
    for key, body in objects.items():
        if is_rollout(key):
            for steered, steering in steered_by_rollout(key, body):
                found[steered] = steering.and_also(found[steered]) if steered in found else steering
    return found


def _steered(key: ObjectKey, body: Object) -> Iterator[tuple[ObjectKey, IgnoreDifference]]:
    match key.group, key.kind:
        case ("autoscaling", "HorizontalPodAutoscaler") | ("keda.sh", "ScaledObject"):
            target = as_mapping(as_mapping(body.get("spec")).get("scaleTargetRef"))
            group = group_of(str(target.get("apiVersion") or "apps/v1"))
            kind = str(target.get("kind") or "Deployment")
            name = str(target.get("name") or "")
            yield _fields(ObjectKey(group, kind, key.namespace, name), ("/spec/replicas",))
        case _ if is_rollout(key):
            for steered, pointers in left_to_rollout(key, body):
                yield _fields(steered, pointers)
            for steered, steering in steered_by_rollout(key, body):
                yield steered, as_rule(steered, steering)


def _fields(key: ObjectKey, pointers: tuple[str, ...]) -> tuple[ObjectKey, IgnoreDifference]:
    return key, IgnoreDifference(key.group, key.kind, key.name, key.namespace, pointers)
