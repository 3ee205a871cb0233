"""Secrets handed from the controller to the program or back, without one of them ever being away.

A Secret that the controller made goes with its SealedSecret unless the reference to it is taken away; the controller
does not touch a Secret that neither refers to it nor says that it may be managed. A Secret that the program made stays
when the stack forgets it, and the controller takes it over when it says that it may. Who changes their mind gets the
reference back.
Source: `unseal` in the controller of Sealed Secrets 0.32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops.cluster.client import JSON_PATCH
from gitops.cluster.reading import read
from gitops.model.keys import APPLICATION_LABEL, OBJECT_ANNOTATION, STACK_LABEL, ObjectKey
from gitops.secrets.deliver import SEALED
from gitops.secrets.scope import API_VERSION, CLAIMS, KIND, UNOWNED

if TYPE_CHECKING:
    from collections.abc import Collection

    from gitops.cluster.client import Client, Object
    from gitops.cluster.survey import Survey

HANDED_OVER = "gitops.internal/handed-over"

_SECRET = ("", "Secret")
_TWINS = {SEALED: _SECRET, _SECRET: SEALED}


def changing_hands(live: Survey, wanted: Collection[ObjectKey]) -> frozenset[ObjectKey]:
    """The SealedSecrets and Secrets that leave while the other of the two takes their place."""
    leaving = live.objects.keys() - set(wanted)
    pairs = ((key, _TWINS.get((key.group, key.kind))) for key in leaving)
    return frozenset(
        key for key, twin in pairs if twin and ObjectKey(*twin, key.namespace, key.name) in wanted
    )


def to_hand_over(live: Survey, wanted: Collection[ObjectKey]) -> tuple[ObjectKey, ...]:
    """Those of them that have not been handed over yet."""
    return tuple(
        key
        for key in sorted(changing_hands(live, wanted))
        if HANDED_OVER not in _annotations(live.objects[key])
    )


def to_take_back(live: Survey, wanted: Collection[ObjectKey]) -> tuple[ObjectKey, ...]:
    """SealedSecrets that were handed over and stay all the same."""
    return tuple(
        key
        for key in sorted(live.objects.keys() & set(wanted))
        if (key.group, key.kind) == SEALED and HANDED_OVER in _annotations(live.objects[key])
    )


def release(client: Client, live: Survey, key: ObjectKey) -> None:
    """Let a Secret outlive what leaves: the SealedSecret `key`, or the program's resource of the Secret `key`.

    Raises:
        ApiError: the cluster refuses.
    """
    if key.kind == KIND:
        _let_go(client, _secret_of(key))
        client.patch(live.path(key), {"metadata": {"annotations": {HANDED_OVER: "true"}}})
    else:
        labels = dict.fromkeys((STACK_LABEL, APPLICATION_LABEL))
        metadata = {"labels": labels, "annotations": {CLAIMS[0]: "true", OBJECT_ANNOTATION: None}}
        client.patch(live.path(key), {"metadata": metadata})


def take_back(client: Client, live: Survey, key: ObjectKey) -> None:
    """Give the Secret of the SealedSecret `key` its reference again. Raises as `release`."""
    path = _secret_of(key)
    secret = read(client, path)
    if secret and _annotations(secret).get(UNOWNED) != "true":
        metadata = secret["metadata"]
        owner = {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "name": key.name,
            "uid": live.objects[key]["metadata"]["uid"],
            "controller": True,
        }
        owners = [one for one in metadata.get("ownerReferences") or () if one["uid"] != owner["uid"]]
        changed = {"resourceVersion": metadata["resourceVersion"], "ownerReferences": [*owners, owner]}
        client.patch(path, {"metadata": changed})
    client.patch(live.path(key), {"metadata": {"annotations": {HANDED_OVER: None}}})


def _secret_of(key: ObjectKey) -> str:
    return f"/api/v1/namespaces/{key.namespace}/secrets/{key.name}"


def _annotations(item: Object) -> Object:
    return item["metadata"].get("annotations") or {}


def _let_go(client: Client, path: str) -> None:
    """Take the reference to its SealedSecret, and the leave to manage it, from a Secret."""
    secret = read(client, path)
    changes = list(_changes(secret["metadata"])) if secret else []
    if secret and changes:
        same = {"op": "test", "path": "/metadata/uid", "value": secret["metadata"]["uid"]}
        client.patch(path, [same, *changes], content_type=JSON_PATCH)


def _changes(metadata: Object) -> Any:
    owners = metadata.get("ownerReferences") or []
    kept = [owner for owner in owners if owner.get("kind") != KIND]
    if kept != owners:
        yield {"op": "test", "path": "/metadata/ownerReferences", "value": owners}
        yield {"op": "replace", "path": "/metadata/ownerReferences", "value": kept}
    for name in CLAIMS:
        if name in (metadata.get("annotations") or {}):
            yield {"op": "remove", "path": f"/metadata/annotations/{name.replace('/', '~1')}"}
