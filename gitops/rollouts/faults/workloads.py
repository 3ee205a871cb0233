"""Faults between a Rollout and the Deployments around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.model.keys import ObjectKey, group_of
from gitops.model.manifest import as_mapping
from gitops.rollouts.fault import Fault
from gitops.rollouts.pods import pod_labels, selects

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitops.model.manifest import JsonObject


def workload_faults(
    key: ObjectKey, rollout: JsonObject, stated: Mapping[ObjectKey, JsonObject]
) -> Iterator[Fault]:
    """A template that is lent by nobody, and pods that two controllers would take for theirs."""
    reference = as_mapping(rollout["spec"].get("workloadRef"))
    lender = lender_of(key, rollout)
    if lender and lender not in stated:
        yield Fault("spec.workloadRef", f"{lender} is stated nowhere", "state it, or move its template here")
    if reference and as_mapping(rollout["spec"].get("template")):
        what = "there is a template too, and only one of the two can count"
        yield Fault("spec.workloadRef", what, "keep just one")
    labels = rollout_labels(key, rollout, stated)
    for other, body in stated.items():
        if (other.group, other.kind, other.namespace) != ("apps", "Deployment", key.namespace):
            continue
        if other != lender and labels and selects(_selector(body), labels):
            what = f"{other} selects the same pods: {_words(_selector(body))}"
            yield Fault("spec.selector", what, f"take {other} out, or name it in workloadRef")


def lender_of(key: ObjectKey, rollout: JsonObject) -> ObjectKey | None:
    """The object whose template a Rollout borrows."""
    reference = as_mapping(rollout["spec"].get("workloadRef"))
    if not reference:
        return None
    group = group_of(str(reference.get("apiVersion") or ""))
    return ObjectKey(group, str(reference.get("kind") or ""), key.namespace, str(reference.get("name") or ""))


def rollout_labels(
    key: ObjectKey, rollout: JsonObject, stated: Mapping[ObjectKey, JsonObject]
) -> Mapping[str, str]:
    """The labels of a Rollout's pods; none where its template is not known."""
    lender = lender_of(key, rollout)
    return pod_labels(stated.get(lender, {}) if lender else rollout)


def _selector(deployment: JsonObject) -> Mapping[str, str]:
    """Plain labels alone; expressions could only narrow them, and are not weighed."""
    return as_mapping(as_mapping(as_mapping(deployment.get("spec")).get("selector")).get("matchLabels"))


def _words(labels: Mapping[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in sorted(labels.items()))
