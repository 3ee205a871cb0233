"""A live object that may be away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.cluster.discovery import UnknownKindError
from gitops.cluster.errors import ApiError

if TYPE_CHECKING:
    from gitops.cluster.client import Client, Object
    from gitops.cluster.connect import Connection
    from gitops.model.manifest import Manifest


def read(client: Client, path: str) -> Object | None:
    """The object at a path; None where there is none."""
    try:
        return client.get(path)
    except ApiError as error:
        if error.status == 404:
            return None
        raise


def read_live(connection: Connection, manifest: Manifest) -> Object | None:
    """The live object of a manifest; None where there is none, or nobody serves its kind."""
    key = manifest.key
    try:
        resource = connection.discovery.find(manifest.api_version, manifest.kind)
    except UnknownKindError:
        return None
    return read(connection.client, resource.path(key.namespace, key.name))
