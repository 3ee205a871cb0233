"""Every fault of a stack's rollouts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gitops.model.keys import ObjectKey
from gitops.model.manifest import as_mapping
from gitops.rollouts.faults.analyses import missing_templates, template_faults
from gitops.rollouts.faults.routes import route_faults
from gitops.rollouts.faults.services import service_faults
from gitops.rollouts.faults.steps import step_faults
from gitops.rollouts.faults.workloads import workload_faults
from gitops.rollouts.naming import GROUP, is_rollout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitops.model.manifest import JsonObject
    from gitops.rollouts.fault import Fault

_CLUSTER_WIDE = "ClusterAnalysisTemplate"
_TEMPLATES = frozenset(("AnalysisTemplate", _CLUSTER_WIDE))


def find_faults(objects: Iterable[JsonObject]) -> Iterator[tuple[ObjectKey, Fault]]:
    """What is wrong with the Rollouts and AnalysisTemplates among the objects, all of which they may refer to."""
    bodies = {ObjectKey.of_body(body): body for body in objects}
    # where no cluster tells, a kind that nobody defines counts as namespaced
    stated = {replace(k, namespace="") if k.kind == _CLUSTER_WIDE else k: b for k, b in bodies.items()}
    for key, body in bodies.items():
        if key.group != GROUP or not isinstance(body.get("spec"), dict):
            continue
        if key.kind in _TEMPLATES:
            yield from ((key, fault) for fault in template_faults(body))
        elif is_rollout(key):
            strategy = as_mapping(body["spec"].get("strategy"))
            yield from ((key, fault) for fault in step_faults(strategy))
            for faults in (workload_faults, service_faults, route_faults, missing_templates):
                yield from ((key, fault) for fault in faults(key, body, stated))
