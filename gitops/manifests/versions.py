"""Each version of a rollout's workload gets ConfigMaps and Secrets of its own."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from gitops.model.keys import OBJECT_ANNOTATION, PRUNE_ANNOTATION, UNUSED, ObjectKey
from gitops.model.manifest import as_mapping
from gitops.rollouts.naming import is_rollout, workload_of
from gitops.rollouts.versions import (
    content_digest,
    digest_of,
    references,
    version_name,
    version_of,
    with_versions,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gitops.model.application import Application
    from gitops.model.manifest import JsonObject, Manifest

_WITH_PODS = frozenset(("Rollout", "Deployment"))


def versioned(
    applications: Iterable[Application], manifests: Sequence[Manifest], sealed: Mapping[ObjectKey, object]
) -> tuple[Manifest, ...]:
    """The manifests, with a version of each ConfigMap and Secret of its own that a section's workload reads.

    `sealed` is what Secrets were opened from: their versions' names come from that, so that they tell nothing.
    """
    names = {item.name for item in applications if item.rollout and item.rollout.versioned}
    if not names:
        return tuple(manifests)
    mine: dict[str, dict[ObjectKey, Manifest]] = defaultdict(dict)
    for manifest in manifests:
        if manifest.application in names:
            mine[manifest.application][manifest.key] = manifest
    changed: dict[ObjectKey, Manifest] = {}
    for objects in mine.values():
        for workload in _workloads(objects):
            changed |= _with_versions(objects[workload], objects, sealed)
    kept = {manifest.key for manifest in manifests}
    return (
        *(changed.get(manifest.key, manifest) for manifest in manifests),
        *(manifest for key, manifest in changed.items() if key not in kept),
    )


def _workloads(objects: Mapping[ObjectKey, Manifest]) -> list[ObjectKey]:
    """The Rollouts, and the Deployments that lend one their template: those whose pods are a rollout's."""
    found = [workload_of(key, item.body) or key for key, item in objects.items() if is_rollout(key)]
    return [key for key in found if key in objects and key.kind in _WITH_PODS]


def _with_versions(
    workload: Manifest, objects: Mapping[ObjectKey, Manifest], sealed: Mapping[ObjectKey, object]
) -> dict[ObjectKey, Manifest]:
    """The workload that reads versions, and these."""
    spec = as_mapping(workload.body.get("spec"))
    template, namespace = as_mapping(spec.get("template")), workload.key.namespace
    copies = {
        key: _copy(objects[key], sealed.get(key))
        for key in sorted(references(template, namespace))
        if key in objects
    }

    def named(kind: tuple[str, str], name: str) -> str:
        key = ObjectKey(*kind, namespace, name)
        return copies[key].key.name if key in copies else name

    body: JsonObject = {**workload.body, "spec": {**spec, "template": with_versions(template, named)}}
    found = {workload.key: replace(workload, body=body)} if copies else {}
    return found | {copy.key: copy for copy in copies.values()}


def _copy(manifest: Manifest, sealed: object) -> Manifest:
    """One version: it stays until no ReplicaSet needs it, unless its application keeps everything anyway."""
    digest = digest_of(manifest.body) if sealed is None else content_digest(sealed)
    body = version_of(manifest.body, version_name(manifest.key.name, digest))
    annotations = {
        PRUNE_ANNOTATION: UNUSED,
        **manifest.annotations,
        OBJECT_ANNOTATION: ObjectKey.of_body(body).resource_name,
    }
    return replace(manifest, body={**body, "metadata": {**body["metadata"], "annotations": annotations}})
