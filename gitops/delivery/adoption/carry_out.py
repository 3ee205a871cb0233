"""A take-over carried out: the owners let go, then each object is handed over, all of it recorded before.

A run that was interrupted is continued by the next one, or undone: the record is written before anything changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from gitops.cluster.client import JSON_PATCH
from gitops.cluster.lease import held
from gitops.cluster.taking import patiently
from gitops.delivery.adoption.cluster import at_once, has_object, is_running
from gitops.delivery.adoption.letting_go import is_busy, release_of, reverse
from gitops.delivery.adoption.owners import owner_key
from gitops.delivery.adoption.preview import planned_objects
from gitops.delivery.adoption.record import (
    NAMESPACE,
    OwnerRecord,
    Record,
    adoption_name,
    load,
    store,
)
from gitops.delivery.adoption.takeover import Takeover
from gitops.model.errors import ConflictError, RefusedError
from gitops.model.keys import FIELD_MANAGER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitops.cluster.client import Object
    from gitops.delivery.adoption.cluster import LiveCluster
    from gitops.model.adoption import AdoptionPlan, Owner
    from gitops.model.keys import ObjectKey
    from gitops.model.manifest import Manifest
    from gitops.model.plan import Plan

# Under this name the owners' own objects are written, so that it never counts as stated by a sync.
_MANAGER = "gitops-adopt"
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Adopted:
    """What was done: the owners that let go, and the objects that were handed over."""

    owners: tuple[Owner, ...]
    objects: tuple[ObjectKey, ...]


def refuse(adoption: AdoptionPlan, plan: Plan, *, allow_restarts: bool, owner_elsewhere: bool) -> None:
    """Stop before anything is done that should be decided first.

    Raises:
        RefusedError: pods would restart, an object can't be had or its owner can't be made to let go.
    """
    objects = adoption.objects
    _refuse(
        [f"{item.key} ({item.stack})" for item in objects if item.stack],
        "belong to other stacks",
        "take them out of one of the two",
    )
    _refuse(
        [f"{item.key}: {item.refused}" for item in adoption.pending if item.refused],
        "can't become what Git states",
        "make Git state what lives, then run again",
    )
    stated = {release.owner for release in adoption.releases if has_object(release.owner)}
    _refuse(
        [str(owner) for owner in sorted(stated) if owner_key(owner) in plan.keys],
        "would be set going again by the stack, which states them",
        "leave them out of the stack's applications",
    )
    restarting = {item.key: item.restarts for item in adoption.pending if item.restarts}
    if not allow_restarts:
        _refuse(
            [f"{key} ({', '.join(change.path for change in found)})" for key, found in restarting.items()],
            "would restart their pods at the next sync",
            "make Git state what lives, or run with --allow-restarts",
        )
    if not owner_elsewhere:
        _refuse(
            [str(release.owner) for release in adoption.releases if not release.found],
            "have objects here but are not in this cluster, so they can't be made to let go",
            "if they are gone, or are paused where they are, run with --owner-elsewhere",
        )


def _refuse(found: list[str], what: str, next_step: str) -> None:
    if found:
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise RefusedError(f"these {what}: {'; '.join(found[:_SHOWN])}{more}", next_step=next_step)


def adopt(
    adoption: AdoptionPlan, plan: Plan, cluster: LiveCluster, also: frozenset[str] = frozenset()
) -> Adopted:
    """Make the owners let go, then hand over every pending object; pods and specs are not touched.

    Raises:
        ConflictError: another run is at work on the stack's take-over, or an owner is syncing at this moment.
        RefusedError: an owner was set going again by somebody.
        DeniedError: a verb is missing; what was done is recorded and can be continued or undone.
    """
    with held(cluster.client, NAMESPACE, adoption_name(plan.stack)):
        known = load(cluster.client, plan.stack)
        recorded = {item.owner for item in known.record.owners}
        owners = [release.owner for release in adoption.releases if release.found]
        released = _release(owners, recorded, plan.stack, known.names, cluster)
        pending = {item.key for item in adoption.pending}
        manifests = [
            planned.manifest for planned in planned_objects(plan, ()) if planned.manifest.key in pending
        ]
        _record_objects(manifests, plan.stack, cluster, also)
        at_once(lambda manifest: _hand_over(manifest, cluster, also), manifests)
        _verify(owners, cluster)
    return Adopted(tuple(released), tuple(sorted(pending)))


def _release(
    owners: Iterable[Owner],
    recorded: set[Owner],
    stack: str,
    names: tuple[str, ...],
    cluster: LiveCluster,
) -> list[Owner]:
    found = [(owner, cluster.owner(owner)) for owner in owners]
    for owner, live in found:
        reason = is_busy(live) if live else ""
        if reason:
            raise ConflictError(f"{owner} {reason}", next_step="wait until it has ended and run again")
    resumes = tuple(
        OwnerRecord(owner, reverse(release_of(live), live) if live else {})
        for owner, live in found
        if owner not in recorded
    )
    if resumes:
        store(cluster.client, stack, Record(owners=resumes), names)
    running = [owner for owner, live in found if live and release_of(live)]
    for owner in running:
        patiently(partial(_let_go, owner, cluster), owner)
    return running


def _let_go(owner: Owner, cluster: LiveCluster) -> None:
    live = cluster.owner(owner)
    patch = release_of(live) if live else {}
    if live and patch:
        metadata = {**(patch.get("metadata") or {}), "resourceVersion": live["metadata"]["resourceVersion"]}
        path = cluster.everything.path(owner_key(owner))
        cluster.client.patch(path, {**patch, "metadata": metadata}, field_manager=_MANAGER)


def _record_objects(
    manifests: list[Manifest], stack: str, cluster: LiveCluster, also: frozenset[str]
) -> None:
    known = load(cluster.client, stack)
    have = {item.key for item in known.record.objects}

    def recorded(manifest: Manifest) -> tuple[Manifest, Object | None]:
        return manifest, cluster.find(manifest.api_version, manifest.key)

    missing = [manifest for manifest in manifests if manifest.key not in have]
    objects = tuple(
        Takeover(manifest, live, also).record(cluster.owners_of(manifest.key, live["metadata"]))
        for manifest, live in at_once(recorded, missing)
        if live
    )
    if objects:
        store(cluster.client, stack, Record(objects=objects), known.names)


def _hand_over(manifest: Manifest, cluster: LiveCluster, also: frozenset[str]) -> None:
    def attempt() -> None:
        live = cluster.find(manifest.api_version, manifest.key)
        patch = Takeover(manifest, live, also).patch() if live else []
        if patch:
            path = cluster.path(manifest.api_version, manifest.key)
            cluster.client.patch(path, patch, content_type=JSON_PATCH, field_manager=FIELD_MANAGER)

    patiently(attempt, manifest.key)


def _verify(owners: Iterable[Owner], cluster: LiveCluster) -> None:
    again = [
        owner
        for owner in owners
        if is_running(owner) and (live := cluster.owner(owner)) is not None and release_of(live)
    ]
    if again:
        raise RefusedError(
            f"{again[0]} was set going again by somebody while its objects were handed over",
            next_step="see who does it in its metadata.managedFields, pause that, and run again",
        )
