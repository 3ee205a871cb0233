"""Create, update and delete: what is sent to the API server, in which order, and under whose name."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gitops.cluster.client import JSON_PATCH
from gitops.cluster.discovery import UnknownKindError
from gitops.cluster.errors import ApiError, DeniedError, Unreachable
from sandbox.provider.annotations import is_true
from sandbox.provider.fields import CREATOR, taken_over, without_ignored

if TYPE_CHECKING:
    from gitops.cluster.client import Object
    from sandbox.provider.cluster import Cluster
    from sandbox.provider.immutable import Path

_PATIENCE = 15.0
_RETRIES = 3


@dataclass(frozen=True, slots=True)
class Write:
    """One object to write: plain inputs, the manager's name, and whether it is only tried."""

    cluster: Cluster
    inputs: Object
    manager: str
    dry_run: bool

    @property
    def force(self) -> bool:
        """Whether fields of other managers are taken; a trial always takes them, to show the result."""
        return self.dry_run or self.cluster.settings.force or is_true(self.inputs, "patchForce")


def create(write: Write) -> Object:
    """Create the object, or adopt an existing one when upserting is on.

    A namespace or CRD that is still on its way is waited for, up to 15 s, unless it is only a trial.
    """
    deadline, pause = time.monotonic() + (0 if write.dry_run else _PATIENCE), 0.1
    while True:
        try:
            return _create(write)
        except (ApiError, UnknownKindError) as error:
            if not _may_come(error) or time.monotonic() > deadline or write.cluster.cancelled.is_set():
                raise
        write.cluster.cancelled.wait(pause)
        pause = min(1.0, pause * 1.7)


def _create(write: Write) -> Object:
    _, collection, path = write.cluster.path(write.inputs)
    client = write.cluster.client
    if write.cluster.settings.upsert:
        return client.apply(
            path, write.inputs, field_manager=write.manager, force=write.force, dry_run=write.dry_run
        )
    return client.create(
        collection, write.inputs, field_manager=CREATOR, dry_run=write.dry_run, field_validation="Strict"
    )


def _may_come(error: Exception) -> bool:
    """A missing namespace, a missing kind, or a namespace that is still being deleted."""
    if isinstance(error, UnknownKindError):
        return True
    if isinstance(error, ApiError) and error.status == 403:
        return any(c.get("reason") == "NamespaceTerminating" for c in error.details.get("causes") or ())
    return isinstance(error, ApiError) and error.status == 404


def update(write: Write, live: Object, ignored: list[Path], previous_manager: str) -> tuple[Object, Object]:
    """Bring the live object to the inputs; (inputs as sent, object as it is now)."""
    if write.inputs.get("kind") == "CustomResourceDefinition":
        return _replace(write, live)
    client = write.cluster.client
    _, _, path = write.cluster.path(write.inputs)
    sent = without_ignored(write.inputs, live, ignored, write.manager) if ignored else write.inputs
    if not write.dry_run:
        live = _take_over(write, path, live)
    result = client.apply(path, sent, field_manager=write.manager, force=write.force, dry_run=write.dry_run)
    if previous_manager and previous_manager != write.manager and not write.dry_run:
        result = _relinquish(write, path, previous_manager)
    return sent, result


def _take_over(write: Write, path: str, live: Object) -> Object:
    for attempt in range(_RETRIES):
        entries = taken_over(live, write.manager)
        if entries is None:
            break
        version = live["metadata"].get("resourceVersion")
        patch = [
            {"op": "test", "path": "/metadata/resourceVersion", "value": version},
            {"op": "replace", "path": "/metadata/managedFields", "value": entries},
        ]
        try:
            return write.cluster.client.patch(
                path, patch, content_type=JSON_PATCH, field_manager=write.manager
            )
        except ApiError as error:
            # somebody wrote in between: look again
            if error.status not in {409, 422} or attempt == _RETRIES - 1:
                raise
            live = write.cluster.client.get(path)
    return live


def _relinquish(write: Write, path: str, previous: str) -> Object:
    """Apply nothing under the old name, so that it owns nothing any more."""
    metadata: Any = write.inputs["metadata"]
    empty = {
        "apiVersion": write.inputs["apiVersion"],
        "kind": write.inputs["kind"],
        "metadata": {k: metadata[k] for k in ("name", "namespace") if k in metadata},
    }
    return write.cluster.client.apply(path, empty, field_manager=previous, force=True)


def _replace(write: Write, live: Object) -> tuple[Object, Object]:
    """CRDs are put as a whole, as upstream does; their inputs carry the version that they were put over."""
    client = write.cluster.client
    _, _, path = write.cluster.path(write.inputs)
    for attempt in range(_RETRIES):
        version = live["metadata"]["resourceVersion"]
        sent = {**write.inputs, "metadata": {**write.inputs["metadata"], "resourceVersion": version}}
        try:
            return sent, client.replace(path, sent, field_manager=write.manager, dry_run=write.dry_run)
        except ApiError as error:
            if error.reason != "Conflict" or attempt == _RETRIES - 1:
                raise
            live = client.get(path)
    raise AssertionError("unreachable: the loop returns or raises")


def preview_falls_back(error: Exception) -> bool:
    """Whether a trial that failed says more about the moment than about the object: `up` will find out."""
    if isinstance(error, DeniedError | Unreachable | UnknownKindError):
        return True
    return isinstance(error, ApiError) and (error.status == 404 or error.reason == "AlreadyExists")
