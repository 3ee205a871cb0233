"""The analyses that a strategy runs, and the templates that they are made of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gitops.model.keys import ObjectKey
from gitops.model.manifest import as_list, as_mapping
from gitops.rollouts.faults.steps import BLUE_GREEN, CANARY
from gitops.rollouts.naming import GROUP

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitops.model.manifest import JsonObject

ARGUMENT = re.compile(r"\{\{\s*args\.([^\s{}]+)\s*\}\}")
"""A place in a template that one of its arguments fills."""


def analyses_of(strategy: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """What each place in `spec.strategy` says of the analysis that it runs, with the path of the place."""
    canary, green = as_mapping(strategy.get("canary")), as_mapping(strategy.get("blueGreen"))
    if "analysis" in canary:
        yield f"{CANARY}.analysis", as_mapping(canary["analysis"])
    for number, step in enumerate(as_list(canary.get("steps"))):
        path, stated = f"{CANARY}.steps[{number}]", as_mapping(step)
        if "analysis" in stated:
            yield f"{path}.analysis", as_mapping(stated["analysis"])
        for index, item in enumerate(as_list(as_mapping(stated.get("experiment")).get("analyses"))):
            one = as_mapping(item)
            yield f"{path}.experiment.analyses[{index}]", {"templates": [one], "args": one.get("args")}
    for name in ("prePromotionAnalysis", "postPromotionAnalysis"):
        if name in green:
            yield f"{BLUE_GREEN}.{name}", as_mapping(green[name])


def template_of(key: ObjectKey, reference: JsonObject) -> ObjectKey:
    """The template that a reference names, beside the object of this key."""
    name = str(reference.get("templateName") or "")
    if reference.get("clusterScope"):
        return ObjectKey(GROUP, "ClusterAnalysisTemplate", "", name)
    return ObjectKey(GROUP, "AnalysisTemplate", key.namespace, name)


def with_nested(
    first: ObjectKey, stated: Mapping[ObjectKey, JsonObject]
) -> dict[ObjectKey, JsonObject | None]:
    """A template and those that it is made of, None for one that is not there."""
    found: dict[ObjectKey, JsonObject | None] = {}
    pending = [first]
    while pending:
        key = pending.pop()
        if key in found:
            continue
        body = stated.get(key)
        found[key] = body
        if body is not None:
            nested = as_list(as_mapping(body.get("spec")).get("templates"))
            pending += [template_of(key, as_mapping(item)) for item in nested]
    return found
