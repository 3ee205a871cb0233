"""What controllers made out of an application's objects, by owner references: Deployment → ReplicaSet → Pod.

One list for each kind and namespace, never one call an object.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops.cluster.errors import ApiError
from gitops.cluster.survey import EVENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gitops.cluster.client import Client, Object
    from gitops.cluster.discovery import Resource
    from gitops.model.keys import ObjectKey


@dataclass(frozen=True, slots=True)
class Branch:
    """An object and what it owns; `live` is None for one that does not live."""

    key: ObjectKey
    live: Object | None
    below: tuple[Branch, ...] = ()

    def everything(self) -> Iterator[Branch]:
        """The branch itself, then all below it, from the top."""
        yield self
        for branch in self.below:
            yield from branch.everything()


def tree(
    client: Client, resources: Iterable[Resource], roots: Sequence[tuple[ObjectKey, Object | None]]
) -> tuple[Branch, ...]:
    """The objects with all that they own in their namespaces, directly or not.

    Kinds that may not be listed are left out.

    Raises:
        ApiError, Unreachable: the cluster does not answer.
    """
    namespaces = sorted({key.namespace for key, _ in roots if key.namespace})
    kinds = [r for r in resources if r.namespaced and (r.group, r.kind) not in EVENTS]
    asked = [(resource, namespace) for namespace in namespaces for resource in kinds]

    def listed(one: tuple[Resource, str]) -> list[tuple[ObjectKey, Object]]:
        resource, namespace = one
        try:
            items = client.list(resource.path(namespace))
        except ApiError as error:
            if error.status in {403, 404, 405}:
                return []
            raise
        return [(resource.key(item["metadata"]), item) for item in items]

    owned: dict[str, list[tuple[ObjectKey, Object]]] = {}
    with ThreadPoolExecutor(max_workers=16) as pool:
        for pairs in pool.map(listed, asked):
            for key, item in pairs:
                for owner in item["metadata"].get("ownerReferences") or ():
                    owned.setdefault(str(owner.get("uid", "")), []).append((key, item))
    return tuple(_branch(key, live, owned, frozenset()) for key, live in roots)


def _branch(
    key: ObjectKey,
    live: Object | None,
    owned: Mapping[str, list[tuple[ObjectKey, Object]]],
    above: frozenset[str],
) -> Branch:
    uid = str(live["metadata"].get("uid", "")) if live else ""
    if not uid or uid in above:  # owners in a circle are possible, since nobody checks them
        return Branch(key, live)
    below = sorted(owned.get(uid, ()), key=lambda pair: pair[0])
    return Branch(key, live, tuple(_branch(k, item, owned, above | {uid}) for k, item in below))
