"""Documents become objects: checked for what every Kubernetes object must have, lists taken apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gitops.manifests.raw import RawObject
from gitops.model.phase import is_hook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops.manifests.scopes import Scopes
    from gitops.model.errors import Problems
    from gitops.model.manifest import JsonObject

# What the API server writes: stating it in Git means nothing, and it is often left there by `kubectl get`.
_SERVER_OWNED = ("creationTimestamp", "resourceVersion", "uid", "generation", "managedFields", "selfLink")
# A mapping with this key is no plain value to the engine: it may name a file on the machine that deploys.
ENGINE_MARK = "4dabf18193072939515e22adb298388d"
_API_VERSION = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?v[0-9]+((alpha|beta)[0-9]+)?")
_LFS_POINTER = "version https://git-lfs.github.com/spec/"
_KIND = re.compile(r"[A-Z][A-Za-z0-9]*")
# Names may carry colons (RBAC) and, rarely, capitals; a slash would be another object's path.
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._:-]{0,251}[A-Za-z0-9])?")


def checked(raw: RawObject, application: str, problems: Problems) -> Iterator[RawObject]:
    """The object in a document, or the objects of a `List`; a bad one goes to `problems` instead."""
    body = raw.body
    if _is_list(body) and isinstance(body["items"] or [], list):
        for item in body["items"] or []:
            yield from checked(RawObject(raw.where, item, raw.source), application, problems)
        return
    wrong = _first_fault(body)
    if wrong:
        what, step = wrong
        problems.add(what, raw.where, step, application)
    else:
        yield raw


def _is_list(body: Any) -> bool:
    """Whether the body is a `List` or, as in `ConfigMapList`, a typed one; those have no name."""
    if not isinstance(body, dict) or "items" not in body or not str(body.get("kind", "")).endswith("List"):
        return False
    metadata = body.get("metadata")
    return not (isinstance(metadata, dict) and "name" in metadata)


def _first_fault(body: Any) -> tuple[str, str] | None:
    """What is wrong with an object, and what to do about it."""
    if isinstance(body, str) and body.startswith(_LFS_POINTER):
        return "is a pointer to Git LFS, not the file itself", "commit the file without LFS"
    if not isinstance(body, dict):
        return f"is {_kind_of(body)}, not a Kubernetes object", "state apiVersion, kind and metadata"
    if ENGINE_MARK in repr(body):
        return "holds the engine's mark for secrets and files of this machine", "take that key out"
    for key, pattern in (("apiVersion", _API_VERSION), ("kind", _KIND)):
        value = body.get(key)
        if value is None:
            return f"has no {key}", f"add {key}"
        if not isinstance(value, str) or not pattern.fullmatch(value):
            return f"has {key} {value!r}, which is not one", f"mend {key}"
    if _is_list(body):
        return f"{body['kind']} has items that are no list", "write items as a list of objects"
    metadata = body.get("metadata")
    if not isinstance(metadata, dict):
        return f"{body['kind']} has no metadata", "add metadata with a name"
    return _metadata_fault(str(body["kind"]), metadata)


def _metadata_fault(kind: str, metadata: JsonObject) -> tuple[str, str] | None:
    name, namespace = metadata.get("name"), metadata.get("namespace")
    if "generateName" in metadata:
        if not is_hook(metadata.get("annotations") or {}):
            return f"{kind} has generateName, so it would be another object every time", "give it a name"
        name = name or str(metadata["generateName"]).rstrip("-.")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return f"{kind} has the name {name!r}, which is not one", "give it a name (quote numbers)"
    if namespace is not None and (not isinstance(namespace, str) or not _NAME.fullmatch(namespace)):
        return f"{kind} {name} has the namespace {namespace!r}, which is not one", "mend metadata.namespace"
    for field in ("labels", "annotations"):
        values = metadata.get(field)
        if values is None:
            continue
        if not isinstance(values, dict):
            return f"{kind} {name} has {field} that are {_kind_of(values)}", f"write {field} as key: value"
        for key, value in values.items():
            if not isinstance(value, str):
                return f"{kind} {name} has the value {value!r} in {field}.{key}", "quote it: it must be text"
    return None


def _kind_of(value: Any) -> str:
    names = {list: "a list", str: "text", int: "a number", float: "a number", bool: "true or false"}
    return names.get(type(value), "something else")


def normalized(body: JsonObject, default_namespace: str, known: Scopes) -> JsonObject | None:
    """The object without what a server owns and with its namespace; None when its kind is unknown."""
    group = str(body["apiVersion"]).rpartition("/")[0]
    try:
        namespaced = known[group, body["kind"]]
    except KeyError:
        return None
    metadata = {k: v for k, v in body["metadata"].items() if k not in _SERVER_OWNED and v is not None}
    if not namespaced:
        metadata.pop("namespace", None)
    elif "namespace" not in metadata:
        metadata["namespace"] = default_namespace
    result = {
        key: without_nulls(value) for key, value in body.items() if key != "status" and value is not None
    }
    return {**result, "metadata": metadata}


def without_nulls(value: Any) -> Any:
    """The value without mapping entries that are null: an apply treats both alike."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value
