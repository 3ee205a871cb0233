"""A Deployment becomes a Rollout, and what scales it is told so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.model.keys import GROUP_ANNOTATION, group_of
from gitops.model.manifest import as_mapping
from gitops.rollouts.spelling import ROLLOUTS, spelled

if TYPE_CHECKING:
    from gitops.model.manifest import JsonObject
    from gitops.model.rollout.section import RolloutSection


def rollout(deployment: JsonObject, section: RolloutSection, strategy: JsonObject) -> JsonObject:
    """The Rollout in a Deployment's place, or beside it where it lends its template."""
    spec = as_mapping(deployment.get("spec"))
    old = as_mapping(as_mapping(spec.get("strategy")).get("rollingUpdate"))
    canary = strategy.get("canary")
    if canary is not None:
        strategy = {"canary": {**{k: old[k] for k in ("maxSurge", "maxUnavailable") if k in old}, **canary}}
    metadata = deployment["metadata"]
    told: JsonObject = {key: value for key, value in spec.items() if key != "strategy"}
    if section.progress_deadline_abort is not None:
        told["progressDeadlineAbort"] = section.progress_deadline_abort
    if section.rollback_window:
        told["rollbackWindow"] = spelled(section.rollback_window)
    if section.workload_ref:
        for lent in ("selector", "template"):
            told.pop(lent, None)
        told["workloadRef"] = {
            "apiVersion": deployment["apiVersion"],
            "kind": "Deployment",
            "name": metadata["name"],
            **spelled(section.workload_ref),
        }
    told["strategy"] = strategy
    if section.group:
        named = {**(metadata.get("annotations") or {}), GROUP_ANNOTATION: section.group}
        metadata = {**metadata, "annotations": named}
    return {"apiVersion": ROLLOUTS, "kind": "Rollout", "metadata": metadata, "spec": told}


def retargeted(scaler: JsonObject, workload: str) -> JsonObject:
    """An autoscaler of the Deployment, aimed at the Rollout; any other object as it is."""
    kind = (group_of(str(scaler["apiVersion"])), scaler["kind"])
    if kind not in {("autoscaling", "HorizontalPodAutoscaler"), ("keda.sh", "ScaledObject")}:
        return scaler
    spec = as_mapping(scaler.get("spec"))
    target = as_mapping(spec.get("scaleTargetRef"))
    if target.get("name") != workload or target.get("kind", "Deployment") != "Deployment":
        return scaler
    aimed = {**target, "apiVersion": ROLLOUTS, "kind": "Rollout"}
    return {**scaler, "spec": {**spec, "scaleTargetRef": aimed}}
