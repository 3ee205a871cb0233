"""The cluster that is taken over, as this room asks it: planned objects, owners, and everything else's metadata."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from gitops.cluster.discovery import UnknownKindError
from gitops.cluster.reading import read
from gitops.delivery.adoption.owners import ARGO_CD, FLUX, GROUPS, owner_key, owners_of
from gitops.model.keys import ObjectKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gitops.cluster.client import Client, Object
    from gitops.cluster.connect import Connection
    from gitops.cluster.survey import Survey
    from gitops.model.adoption import Owner

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class LiveCluster:
    """A cluster and the metadata of everything in it."""

    connection: Connection
    everything: Survey

    @property
    def client(self) -> Client:
        """The API client."""
        return self.connection.client

    def path(self, api_version: str, key: ObjectKey) -> str:
        """Where an object is served. Raises UnknownKindError."""
        resource = self.connection.discovery.find(api_version, key.kind)
        return resource.path(key.namespace, key.name)

    def find(self, api_version: str, key: ObjectKey) -> Object | None:
        """The whole live object, or None when it or its kind is not there."""
        try:
            path = self.path(api_version, key)
        except UnknownKindError:
            return None
        return read(self.client, path)

    def owner(self, owner: Owner) -> Object | None:
        """The object that tells an owner what to apply, or None; a DeniedError where we may not know."""
        if not has_object(owner):
            return None
        key = owner_key(owner)
        if key not in self.everything.objects and (key.group, key.kind) not in self.everything.hidden:
            return None
        return read(self.client, self.everything.path(key))

    def owners_of(self, key: ObjectKey, metadata: Object) -> tuple[Owner, ...]:
        """As `owners.owners_of`, with the namespaces of Argo CD's Applications."""
        return tuple(sorted(self._placed(owner) for owner in owners_of(key, metadata)))

    def _placed(self, owner: Owner) -> Owner:
        if owner.tool != ARGO_CD or not owner.name or owner.namespace:
            return owner
        wanted = (GROUPS[owner.kind], owner.kind, owner.name)
        places = [k.namespace for k in self.everything.objects if (k.group, k.kind, k.name) == wanted]
        # the tracking id of an Application says its namespace unless that is Argo CD's own
        return replace(owner, namespace=min(places, key=lambda place: (place != "argocd", place), default=""))


def look(connection: Connection) -> LiveCluster:
    """The cluster as it is now.

    Raises:
        ApiError, Unreachable: it could not be read.
    """
    everything = connection.survey("")
    # a survey leaves out what controllers make, but an ApplicationSet's Applications are owners themselves
    owners = {
        ObjectKey(group, kind, item["metadata"].get("namespace", ""), item["metadata"]["name"]): item
        for kind, group in GROUPS.items()
        if (group, kind) in everything.resources and (group, kind) not in everything.hidden
        for item in connection.client.list(everything.resources[group, kind].path(), metadata_only=True)
    }
    return LiveCluster(connection, replace(everything, objects={**everything.objects, **owners}))


def has_object(owner: Owner) -> bool:
    """Whether an object in the cluster tells the owner what to apply."""
    return owner.kind in GROUPS


def is_running(owner: Owner) -> bool:
    """Whether a controller of the owner's may write its objects at any moment."""
    return owner.tool in {ARGO_CD, FLUX}


def at_once(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """The work on each item, sixteen at a time, in the items' order."""
    with ThreadPoolExecutor(max_workers=16) as pool:
        return list(pool.map(work, items))
