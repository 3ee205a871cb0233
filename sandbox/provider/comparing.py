"""Diff: from a state and new inputs to what the engine has to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops.model.errors import GitOpsError
from sandbox.provider import state
from sandbox.provider.annotations import AUTONAMED, annotation, is_true
from sandbox.provider.diff import Change, compare, parse_path, prune
from sandbox.provider.immutable import matches, patterns
from sandbox.provider.inputs import normalize, renamed, to_api_key
from sandbox.provider.readiness import rule
from sandbox.provider.values import reveal

if TYPE_CHECKING:
    from gitops.cluster.client import Object
    from sandbox.provider.cluster import Cluster

_REPLACE_UNREADY = 'metadata.annotations["pulumi.com/replaceUnready"]'


@dataclass(frozen=True, slots=True)
class Difference:
    """The changes by path, what replaces the object, and whether the old one has to go first."""

    changes: tuple[Change, ...]
    replaces: tuple[str, ...]
    delete_first: bool


def difference(cluster: Cluster, olds: Object, news: Object, ignored: list[str]) -> Difference:
    """Compare without asking the cluster, but for a Job that is to be replaced when it has failed."""
    old = state.parse(olds)
    new = normalize(renamed(reveal(news), to_api_key))
    old_inputs = normalize(_without_version(old.inputs))
    base = prune(old.live, old_inputs)
    for side in (base, old_inputs, new):
        _settle_namespace(cluster, side)
    replacing = patterns(new, mutable=cluster.settings.mutable)
    skipped = tuple(tuple(map(str, parse_path(path))) for path in ignored)
    changes = tuple(
        change
        for change in compare(base, new, old_inputs, replacing)
        if not (skipped and matches(tuple(map(str, parse_path(change.path))), skipped))
    )
    replaces = [change.path for change in changes if change.replaces]
    if is_true(new, "replaceUnready") and _has_failed(cluster, new):
        replaces.append(_REPLACE_UNREADY)
    same_place = all(_of(new, key) == _of(base, key) for key in ("name", "namespace"))
    autonamed = annotation(new, AUTONAMED) == "true"
    return Difference(changes, tuple(replaces), bool(replaces) and same_place and not autonamed)


def _without_version(inputs: Object) -> Object:
    metadata = inputs.get("metadata")
    if not isinstance(metadata, dict) or "resourceVersion" not in metadata:
        return inputs
    return {**inputs, "metadata": {k: v for k, v in metadata.items() if k != "resourceVersion"}}


def _settle_namespace(cluster: Cluster, obj: Object) -> None:
    """An unstated namespace is the default one, on every side alike."""
    metadata = obj.get("metadata")
    if isinstance(metadata, dict) and not metadata.get("namespace") and cluster.is_namespaced(obj):
        obj["metadata"] = {**metadata, "namespace": cluster.namespace()}


def _of(obj: Object, key: str) -> object:
    return (obj.get("metadata") or {}).get(key)


def _has_failed(cluster: Cluster, job: Object) -> bool:
    check = rule(job)
    if job.get("kind") != "Job" or check is None:
        return False
    try:
        return check(cluster.client.get(cluster.path(job)[2])).failed
    except GitOpsError:
        return False
