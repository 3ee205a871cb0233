"""Objects that Git and a Rollout both write: what is the Rollout's is carried over from the live object.

Their lists and maps are taken only as a whole by the API server. Where Git wants nothing else in them than what
lives, a sync leaves them alone; else it applies them with the Rollout's part as it was just read.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gitops.cluster.reading import read_live
from gitops.model.errors import ConflictError
from gitops.model.manifest import as_list, as_mapping
from gitops.model.paths import at, from_pointer
from gitops.model.plan import PlannedObject
from gitops.model.steering import HASH_LABEL

if TYPE_CHECKING:
    from gitops.cluster.client import Object
    from gitops.cluster.connect import Connection
    from gitops.model.plan import Plan
    from gitops.model.steering import Steering

_AT_ONCE = 8


def sharing(plan: Plan, connection: Connection) -> Plan:
    """The plan, whose objects leave to Rollouts what is theirs in the live ones, which are read now.

    Raises:
        ApiError, Unreachable: they can't be read.
    """
    concerned = [item for item in plan.objects if item.steering]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        live = dict(
            zip(
                (item.name for item in concerned),
                pool.map(lambda item: read_live(connection, item.manifest), concerned),
                strict=True,
            )
        )
    return replace(
        plan,
        steps=tuple(
            _shared(step, step.steering, live[step.name])
            if isinstance(step, PlannedObject) and step.steering
            else step
            for step in plan.steps
        ),
    )


def refuse_moved(planned: PlannedObject, live: Object | None) -> None:
    """Refuse to apply an object of which a Rollout has written its part anew since the plan was made.

    Raises:
        ConflictError: it has.
    """
    body = planned.manifest.body
    if planned.steering and live and carried(body, live, planned.steering) != body:
        raise ConflictError(
            f"{planned.manifest.key} was changed by its Rollout while Git's change of it was being applied",
            next_step="sync again: a change that Git makes in the middle of a rollout keeps its weights",
        )


def carried(body: Object, live: Object, steering: Steering) -> Object:
    """What Git states, with the part of a Rollout as it lives."""
    spec, there = as_mapping(body.get("spec")), as_mapping(live.get("spec"))
    parts: Object
    match steering.kind:
        case "Service":
            parts = {"selector": _selector(as_mapping(spec.get("selector")), there.get("selector"))}
        case "DestinationRule":
            parts = {"subsets": _subsets(spec.get("subsets"), there.get("subsets"), steering)}
        case _:
            protocols = [name for name in ("http", "tls", "tcp") if spec.get(name)]
            parts = {name: _routes(spec[name], there.get(name), steering) for name in protocols}
    parts = {name: part for name, part in parts.items() if name in spec}
    return {**body, "spec": {**spec, **parts}} if parts else body


def _shared(planned: PlannedObject, steering: Steering, live: Object | None) -> PlannedObject:
    if live is None:
        return planned
    body = carried(planned.manifest.body, live, steering)
    places = {pointer: from_pointer(pointer, body) for pointer in steering.whole}
    stated = {pointer: place for pointer, place in places.items() if place}
    if all(at(live, place) == at(body, place) for place in stated.values()):
        return replace(planned, ignored=tuple(sorted({*planned.ignored, *stated})))
    return replace(planned, manifest=replace(planned.manifest, body=body))


def _selector(stated: Object, live: Any) -> Object:
    mark = as_mapping(live).get(HASH_LABEL)
    return {**stated, HASH_LABEL: mark} if mark else stated


def _subsets(stated: Any, live: Any, steering: Steering) -> list[Any]:
    labels = {
        as_mapping(item).get("name"): as_mapping(as_mapping(item).get("labels")) for item in as_list(live)
    }
    result = []
    for item in as_list(stated):
        mark = labels.get(as_mapping(item).get("name"), {}).get(HASH_LABEL)
        if mark and item["name"] in steering.subsets:
            result.append({**item, "labels": {**as_mapping(item.get("labels")), HASH_LABEL: mark}})
        else:
            result.append(item)
    return result


def _routes(stated: Any, live: Any, steering: Steering) -> list[Any]:
    """Routes by name, or by place where they have none; those that a Rollout added stay at their places."""
    own = [item for item in as_list(stated) if as_mapping(item).get("name") not in steering.added]
    there = [item for item in as_list(live) if as_mapping(item).get("name") not in steering.added]
    named = {item.get("name"): item for item in map(as_mapping, there) if item.get("name")}
    result = []
    for place, item in enumerate(map(as_mapping, own)):
        name = item.get("name")
        twin = named.get(name) if name else as_mapping(there[place]) if place < len(there) else None
        is_steered = twin and item.get("route") and (not steering.routes or name in steering.routes)
        result.append({**item, "route": _weighted(item.get("route"), twin)} if is_steered else item)
    for place, item in enumerate(as_list(live)):
        if as_mapping(item).get("name") in steering.added:
            result.insert(place, item)
    return result


def _weighted(stated: Any, live: Any) -> list[Any]:
    """Destinations with the weights that the same ones have in the live route."""
    weights = [
        (item.get("destination"), item) for item in map(as_mapping, as_list(as_mapping(live).get("route")))
    ]
    result = []
    for item in map(as_mapping, as_list(stated)):
        twin = next((found for where, found in weights if where == item.get("destination")), None)
        if twin is None:
            result.append(item)
        else:
            rest = {name: value for name, value in item.items() if name != "weight"}
            result.append({**rest, "weight": twin["weight"]} if "weight" in twin else rest)
    return result
