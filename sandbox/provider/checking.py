"""Inputs as the engine should remember them: named, in a namespace, spelled as the server spells them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from sandbox.provider.annotations import AUTONAMED, annotation
from sandbox.provider.failures import OperationError
from sandbox.provider.inputs import normalize, with_secret_data
from sandbox.provider.values import Secret, reveal, with_secrets_of, without_nulls

if TYPE_CHECKING:
    from gitops.cluster.client import Object
    from sandbox.provider.cluster import Cluster

_LISTS_ONLY = "put its items into the program instead: a list is no object in the cluster"


def kind_of(urn: str) -> Object:
    """ApiVersion and kind of the type in a URN: `kubernetes:apps/v1:Deployment`, with `core/v1` for `v1`."""
    token = urn.split("::")[2].rpartition("$")[2] if urn.count("::") >= 3 else ""
    parts = token.split(":")
    if len(parts) != 3:
        return {}
    return {"apiVersion": parts[1].removeprefix("core/"), "kind": parts[2]}


def check(cluster: Cluster, urn: str, olds: Object, given: Object, seed: bytes, proposed: str) -> Object:
    """The checked inputs. Raises OperationError for what can't be an object at all."""
    news = {**kind_of(urn), **without_nulls(given)}
    kind = reveal(news.get("kind"))
    if isinstance(kind, str) and kind.endswith("List") and "items" in news:
        raise OperationError(f"{kind} can't be created → {_LISTS_ONLY}")
    if not isinstance(kind, str) or not isinstance(reveal(news.get("apiVersion")), str):
        raise OperationError("apiVersion and kind must be texts → state both at the top of the object")
    metadata = _metadata(news, olds, urn, seed, proposed)
    plain = reveal({**news, "metadata": metadata})
    if not reveal(metadata).get("namespace") and cluster.is_namespaced(plain):
        metadata = {**metadata, "namespace": cluster.namespace()}
    named = {**news, "metadata": metadata}
    checked = with_secrets_of(normalize(reveal(named)), _model(named))
    return with_secret_data(checked)


def _metadata(news: Object, olds: Object, urn: str, seed: bytes, proposed: str) -> Object:
    metadata: Any = news.get("metadata", {})
    metadata = metadata.value if isinstance(metadata, Secret) else metadata
    if not isinstance(metadata, dict):
        raise OperationError("metadata must be a mapping → indent its keys below `metadata:`")
    for key in ("name", "namespace"):
        text = reveal(metadata.get(key, ""))
        if not isinstance(text, str):
            raise OperationError(f"metadata.{key} must be a text → put it in quotes")
        if text in {".", ".."} or set(text) & set("/%?#"):
            raise OperationError(f"metadata.{key} {text!r} can't be part of a path → leave out / % ? and #")
    for key in ("labels", "annotations"):
        if not isinstance(reveal(metadata.get(key) or {}), dict):
            raise OperationError(f"metadata.{key} must be a mapping → write one `key: value` a line")
    if metadata.get("generateName"):
        raise OperationError(
            "metadata.generateName has no meaning under server-side apply → state metadata.name"
        )
    if metadata.get("name"):
        return metadata
    old = olds.get("metadata")
    kept = old.get("name") if isinstance(old, dict) and annotation(olds, AUTONAMED) == "true" else None
    # the engine's seed makes preview and update agree on the name
    suffix = random.Random(seed or None).randbytes(4).hex()  # noqa: S311 - a name, no secret
    name = kept or proposed or f"{urn.rpartition('::')[2].rpartition('/')[2]}-{suffix}"
    return {
        **metadata,
        "name": name,
        "annotations": {**(metadata.get("annotations") or {}), AUTONAMED: "true"},
    }


def _model(named: Object) -> Object:
    """What is secret in the inputs; a secret in `stringData` makes `data` secret, where it moves to."""
    return (
        {**named, "data": Secret(None)} if named.get("kind") == "Secret" and "stringData" in named else named
    )
