"""Taking the fields of a live object over from their managers, also while somebody else writes it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from gitops.cluster.client import JSON_PATCH
from gitops.cluster.errors import ApiError
from gitops.cluster.ownership import handed_over
from gitops.cluster.reading import read
from gitops.model.errors import ConflictError
from gitops.model.keys import FIELD_MANAGER

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitops.cluster.connect import Connection
    from gitops.model.manifest import Manifest

_TRIES = 4
R = TypeVar("R")


async def take_all_fields(connection: Connection, manifest: Manifest) -> None:
    """Make every field of the live object ours, so that the next apply takes away what Git does not state.

    What that leaves is what a replacement would: only status, and what is written by way of `scale`, stay whose they
    are. Nothing happens where there is no such object.

    Raises:
        ConflictError: somebody writes the object all the time.
        ApiError, UnknownKindError: the API server refused it.
    """
    await asyncio.to_thread(patiently, partial(_take, connection, manifest), manifest.key)


def _take(connection: Connection, manifest: Manifest) -> None:
    key = manifest.key
    resource = connection.discovery.find(manifest.api_version, manifest.kind)
    path = resource.path(key.namespace, key.name)
    live = read(connection.client, path)
    if live is None:
        return
    entries = handed_over(live, lambda manager: manager != FIELD_MANAGER, FIELD_MANAGER)
    if entries is not None:
        same = {
            "op": "test", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]
        }  # fmt: skip
        change = {"op": "replace", "path": "/metadata/managedFields", "value": entries}
        connection.client.patch(path, [same, change], content_type=JSON_PATCH, field_manager=FIELD_MANAGER)


def patiently(attempt: Callable[[], R], what: object) -> R:
    """The attempt, again when somebody wrote in between.

    Raises:
        ConflictError: somebody writes the object all the time.
    """
    for _ in range(_TRIES):
        try:
            return attempt()
        except ApiError as error:
            # a failed `test` of a JSON patch is a 422 that names nothing at all
            if error.status != 409 and (error.status != 422 or error.details):
                raise
    raise ConflictError(
        f"{what} is written by somebody else all the time",
        next_step="see who does it in its metadata.managedFields, stop that, and run again",
    )
