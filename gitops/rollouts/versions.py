"""ConfigMaps and Secrets of which each version of a workload keeps the one that it began with.

A version is a copy whose name ends with a digest of the content. The object itself stays as it is, for whoever else
reads it.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from gitops.model.keys import ObjectKey
from gitops.model.manifest import as_list, as_mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gitops.model.manifest import JsonObject

_DIGITS, _LONGEST = 10, 253
_CONTENT = ("data", "binaryData", "stringData", "type")
_CONFIG, _SECRET = ("", "ConfigMap"), ("", "Secret")
# where a pod's spec names one: in the environment, in volumes, and among several in one volume
_NAMES = {
    "configMapKeyRef": (_CONFIG, "name"),
    "configMapRef": (_CONFIG, "name"),
    "configMap": (_CONFIG, "name"),
    "secretKeyRef": (_SECRET, "name"),
    "secretRef": (_SECRET, "name"),
    "secret": (_SECRET, "secretName"),
}


def content_digest(*content: Any) -> str:
    """The digest in the name of a version, of plain values in JSON."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def digest_of(body: JsonObject) -> str:
    """The digest of a ConfigMap's or Secret's content."""
    return content_digest(body["kind"], {field: body[field] for field in _CONTENT if field in body})


def version_name(name: str, digest: str) -> str:
    """What a version is called."""
    return f"{name[: _LONGEST - _DIGITS - 1]}-{digest}"


def version_of(body: JsonObject, name: str) -> JsonObject:
    """The copy of a ConfigMap or Secret that is one version of it, and never changes."""
    return {**body, "metadata": {**body["metadata"], "name": name}, "immutable": True}


def references(template: Any, namespace: str) -> frozenset[ObjectKey]:
    """The ConfigMaps and Secrets that a pod template names."""
    spec = as_mapping(template).get("spec")
    return frozenset(ObjectKey(*kind, namespace, name) for kind, name in _references(spec))


def with_versions(template: JsonObject, names: Callable[[tuple[str, str], str], str]) -> JsonObject:
    """A pod template whose references have other names: `names` tells them by group, kind and name."""
    return {**template, "spec": _renamed(template.get("spec"), names)}


def still_used(replica_sets: Iterable[JsonObject]) -> frozenset[ObjectKey]:
    """What ReplicaSets need to start a pod anew, also those that have none now: somebody may go back to them."""
    return frozenset().union(
        *(
            references(
                as_mapping(item.get("spec")).get("template"), str(item["metadata"].get("namespace") or "")
            )
            for item in replica_sets
        )
    )


def _references(value: Any) -> Iterator[tuple[tuple[str, str], str]]:
    if isinstance(value, list):
        for item in value:
            yield from _references(item)
    for key, item in as_mapping(value).items():
        kind, field = _named(key, item)
        if kind:
            yield kind, item[field]
        else:
            yield from _references(item)


def _renamed(value: Any, names: Callable[[tuple[str, str], str], str]) -> Any:
    if isinstance(value, list):
        return [_renamed(item, names) for item in as_list(value)]
    if not isinstance(value, dict):
        return value
    told = {}
    for key, item in value.items():
        kind, field = _named(key, item)
        told[key] = {**item, field: names(kind, item[field])} if kind else _renamed(item, names)
    return told


def _named(key: str, value: Any) -> tuple[tuple[str, str] | None, str]:
    """The kind that a key refers to and the field with the name; None for any other key."""
    kind, field = _NAMES.get(key, (None, ""))
    if kind == _SECRET and field == "secretName" and "name" in as_mapping(value):
        field = "name"
    return (kind, field) if kind and isinstance(as_mapping(value).get(field), str) else (None, "")
