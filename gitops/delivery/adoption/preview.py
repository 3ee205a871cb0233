"""What a take-over would find and change, asked of the API server without changing anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops.cluster.errors import ApiError, DeniedError
from gitops.cluster.ownership import entries_of, is_writer, minus, union_of, without, writers
from gitops.cluster.survey import is_copy
from gitops.cluster.taking import patiently
from gitops.delivery.adoption.cluster import at_once, has_object, is_running
from gitops.delivery.adoption.letting_go import owns_its_suspension, release_of, steps
from gitops.delivery.adoption.owners import FLUX, RELEASE, owner_key
from gitops.delivery.adoption.takeover import Takeover
from gitops.drift.compare import as_stored, compare
from gitops.model.adoption import AdoptionPlan, Change, ObjectAdoption, OwnerRelease
from gitops.model.errors import unknown_applications
from gitops.model.keys import FIELD_MANAGER, STACK_LABEL

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from gitops.cluster.client import Object
    from gitops.delivery.adoption.cluster import LiveCluster
    from gitops.model.adoption import Owner
    from gitops.model.plan import Plan, PlannedObject

_SERVER_OWNED = frozenset(
    ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink")
)
_OURS = ("gitops.internal/",)


def preview(
    plan: Plan, cluster: LiveCluster, applications: Collection[str] = (), also: frozenset[str] = frozenset()
) -> AdoptionPlan:
    """The take-over of a plan's objects, or of those of some applications.

    `also` are field managers to take fields from that are no known tool's.

    Raises:
        NotFoundError: the plan has no such application.
        DeniedError, Unreachable: the cluster did not let us look.
    """
    planned = planned_objects(plan, applications)
    objects = tuple(at_once(lambda item: _object(item, plan.stack, cluster, also), planned))
    direct = {owner for item in objects for owner in item.owners}
    releases = owner_releases(direct, cluster)
    return AdoptionPlan(plan.stack, plan.revision, objects, releases, _left(plan, direct, releases, cluster))


def planned_objects(plan: Plan, applications: Collection[str]) -> list[PlannedObject]:
    """The objects of these applications, or of all. Raises NotFoundError for an unknown one."""
    known = {application.name for application in plan.applications}
    unknown = set(applications) - known
    if unknown:
        raise unknown_applications(plan.stack, unknown, known)
    return [o for o in plan.objects if not applications or o.manifest.application in applications]


def owner_releases(owners: Iterable[Owner], cluster: LiveCluster) -> tuple[OwnerRelease, ...]:
    """How these owners, and whoever would set them going again, are made to let go; the latter first."""
    found: dict[Owner, OwnerRelease] = {}
    waiting = sorted(owners)
    while waiting:
        owner = waiting.pop(0)
        if owner in found or not (is_running(owner) or owner.kind == RELEASE):
            continue
        live = cluster.owner(owner)
        if live is None:
            found[owner] = OwnerRelease(owner, found=owner.kind == RELEASE)
            continue
        found[owner] = OwnerRelease(owner, found=True, steps=steps(release_of(live)))
        parents = cluster.owners_of(owner_key(owner), live["metadata"])
        # a Flux object is suspended without its parent noticing, unless the parent states that field
        waiting += [p for p in parents if has_object(p) and (owner.tool != FLUX or owns_its_suspension(live))]
    return tuple(reversed(found.values()))


def _object(planned: PlannedObject, stack: str, cluster: LiveCluster, also: frozenset[str]) -> ObjectAdoption:
    manifest = planned.manifest
    live = cluster.find(manifest.api_version, manifest.key)
    if live is None:
        return ObjectAdoption(manifest.key, manifest.application, exists=False)
    metadata = live["metadata"]
    labels = {} if is_copy(manifest.key, live) else metadata.get("labels") or {}
    other = labels.get(STACK_LABEL, stack)
    takeover = Takeover(manifest, live, also)
    taken = tuple(sorted({str(entry["manager"]) for entry in takeover.taken}))
    dropped = tuple(key for keys in takeover.dropped.values() for key in keys)
    changes, refused = _trial(takeover, cluster) if taken or dropped else ((), "")
    return ObjectAdoption(
        manifest.key,
        manifest.application,
        exists=True,
        owners=cluster.owners_of(manifest.key, metadata),
        taken=taken,
        others=tuple(sorted({*writers(metadata)} - {*taken, FIELD_MANAGER})),
        dropped=dropped,
        changes=changes,
        refused=refused,
        stack=other if other != stack else "",
    )


def _trial(takeover: Takeover, cluster: LiveCluster) -> tuple[tuple[Change, ...], str]:
    """What the object would become once it is ours alone, and the server's reason when it would not take it."""
    path = cluster.path(takeover.manifest.api_version, takeover.manifest.key)
    # an apply of `stringData` writes `data` without owning it, so it would seem to be nobody's
    body = as_stored(takeover.manifest.body)

    def tried() -> Object:
        applied = cluster.client.apply(path, body, field_manager=FIELD_MANAGER, force=True, dry_run=True)
        entries = entries_of(applied["metadata"])
        kept = union_of(e for e in entries if not (is_writer(e) and takeover.takes(str(e.get("manager")))))
        gone = minus(union_of(takeover.taken), kept)
        # an apply can't be tried on top of a hand-over that was only tried; what it would remove is known, though
        rest = without(applied, gone)
        rest["metadata"].pop("managedFields", None)
        return cluster.client.replace(path, rest, field_manager=FIELD_MANAGER, dry_run=True)

    try:
        planned = patiently(tried, takeover.manifest.key)
    except DeniedError:
        raise
    except ApiError as error:
        return (), error.message
    return _changes(_meant(takeover.live, takeover), _meant(planned, takeover)), ""


def _changes(live: Object, planned: Object) -> tuple[Change, ...]:
    changed = {d.path: Change(d.path, d.live, d.wanted) for d in compare(planned, live)}
    removed = {d.path: Change(d.path, d.wanted, None) for d in compare(live, planned)}
    return tuple(sorted({**removed, **changed}.values(), key=lambda change: change.path))


def _meant(body: Object, takeover: Takeover) -> Object:
    """The object without what the server, the owners or we ourselves write beside what is meant."""
    metadata: dict[str, Any] = {k: v for k, v in body["metadata"].items() if k not in _SERVER_OWNED}
    for part, tracking in takeover.dropped.items():
        values = metadata.pop(part, None) or {}
        kept = {k: v for k, v in values.items() if k not in tracking and not k.startswith(_OURS)}
        if kept:
            metadata[part] = kept
    return {**{k: v for k, v in body.items() if k != "status"}, "metadata": metadata}


def _left(
    plan: Plan, direct: Collection[Owner], releases: tuple[OwnerRelease, ...], cluster: LiveCluster
) -> tuple[tuple[Any, Owner], ...]:
    """Live objects of the owners that no application states, apart from what tells the owners what to do."""
    owners = {owner for owner in direct if owner.kind}
    theirs = {owner_key(release.owner) for release in releases if has_object(release.owner)}
    if not owners:
        return ()
    found = [
        (key, owner)
        for key, item in cluster.everything.objects.items()
        if key not in plan.keys and key not in theirs
        for owner in cluster.owners_of(key, item["metadata"])
        if owner in owners
    ]
    return tuple(sorted(found))
