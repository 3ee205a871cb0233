"""A take-over undone: the stack forgets the objects, their owners get them back and go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops.cluster.client import JSON_PATCH
from gitops.cluster.errors import ApiError
from gitops.cluster.lease import held
from gitops.cluster.taking import patiently
from gitops.delivery.adoption.cluster import at_once
from gitops.delivery.adoption.owners import owner_key
from gitops.delivery.adoption.record import NAMESPACE, Record, Stored, adoption_name, drop, load, store
from gitops.delivery.adoption.takeover import fields_given_back, given_back
from gitops.model.errors import NotFoundError
from gitops.model.keys import FIELD_MANAGER

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from gitops.delivery.adoption.cluster import LiveCluster
    from gitops.delivery.adoption.record import ObjectRecord, OwnerRecord
    from gitops.model.adoption import Owner
    from gitops.model.keys import ObjectKey


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What was done: the owners that go on, the objects that are theirs again, and those that are gone."""

    owners: tuple[Owner, ...]
    objects: tuple[ObjectKey, ...]
    gone: tuple[ObjectKey, ...]


def give_back(
    stack: str,
    cluster: LiveCluster,
    applications: Collection[str],
    forget: Callable[[Collection[str]], object],
) -> GivenBack:
    """Undo a take-over, of all or of some applications; `forget` takes resources' names out of the stack's state.

    What a sync changed in between stays as it is until the owner changes it.

    Raises:
        NotFoundError: there is nothing to undo, since it was confirmed or never begun.
        ConflictError: another run is at work on the stack's take-over.
    """
    with held(cluster.client, NAMESPACE, adoption_name(stack)):
        stored = load(cluster.client, stack)
        chosen, rest = split(stored, applications, stack, "undo")
        # first of all: whatever happens then, a destroyed stack no longer deletes what is somebody else's
        forget([item.key.resource_name for item in chosen.objects])
        came_back = at_once(lambda item: _restore(item, cluster), chosen.objects)
        resumed = [item.owner for item in reversed(chosen.owners) if _resume(item, cluster)]
        replace(stack, stored, rest, cluster)
    pairs = list(zip(chosen.objects, came_back, strict=True))
    return GivenBack(
        tuple(sorted(resumed)),
        tuple(sorted(item.key for item, is_back in pairs if is_back)),
        tuple(sorted(item.key for item, is_back in pairs if not is_back)),
    )


def split(stored: Stored, applications: Collection[str], stack: str, verb: str) -> tuple[Record, Record]:
    """The part of a record that is about these applications, or all of it, and the rest.

    An owner goes with its last object. Raises NotFoundError when there is nothing.
    """
    record = stored.record
    chosen = [item for item in record.objects if not applications or item.application in applications]
    rest = [item for item in record.objects if item not in chosen]
    if not chosen and (applications or not record.owners):
        whose = f" of {', '.join(sorted(applications))}" if applications else ""
        raise NotFoundError(
            f"stack {stack} has no take-over{whose} to {verb}: it was confirmed, or never begun",
            next_step=f"see whose the objects are with: gitops adopt --stack {stack}",
        )
    kept = {owner for item in rest for owner in item.owners}
    named = {owner for item in chosen for owner in item.owners}
    free = [o for o in record.owners if not rest or (o.owner in named and o.owner not in kept)]
    return (
        Record(tuple(free), tuple(chosen)),
        Record(tuple(o for o in record.owners if o not in free), tuple(rest)),
    )


def replace(stack: str, stored: Stored, rest: Record, cluster: LiveCluster) -> None:
    """Keep only the rest of a record; written before the old one goes, so that nothing is lost in between."""
    if rest.objects or rest.owners:
        store(cluster.client, stack, rest, stored.names)
    drop(cluster.client, stored.names)


def _restore(record: ObjectRecord, cluster: LiveCluster) -> bool:
    """Whether the object is still the one that was recorded, and so was given back."""

    def attempt() -> bool:
        live = cluster.find(record.api_version, record.key)
        if live is None or live["metadata"]["uid"] != record.uid:
            return False
        path = cluster.path(record.api_version, record.key)
        metadata = given_back(record, live)
        if metadata:
            live = cluster.client.patch(path, metadata, field_manager=FIELD_MANAGER)
        # by itself, since the server counts what a patch sets as ours
        fields = fields_given_back(record, live)
        if fields:
            cluster.client.patch(path, fields, content_type=JSON_PATCH)
        return True

    return patiently(attempt, record.key)


def _resume(record: OwnerRecord, cluster: LiveCluster) -> bool:
    if not record.resume:
        return False
    try:
        path = cluster.everything.path(owner_key(record.owner))
        cluster.client.patch(path, record.resume)
    except (ApiError, KeyError) as error:
        if isinstance(error, ApiError) and error.status != 404:
            raise
        return False
    return True
