"""A take-over confirmed: the way back is dropped and, when asked, what told the old owners what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops.cluster.errors import ApiError
from gitops.cluster.lease import held
from gitops.delivery.adoption.cluster import has_object
from gitops.delivery.adoption.give_back import replace, split
from gitops.delivery.adoption.letting_go import release_of
from gitops.delivery.adoption.owners import GROUPS, RELEASE, owner_key
from gitops.delivery.adoption.record import NAMESPACE, adoption_name, load
from gitops.model.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Collection

    from gitops.delivery.adoption.cluster import LiveCluster
    from gitops.model.adoption import Owner

_HELM_SECRETS = "helm.sh/release.v1"


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What was done: objects that can no longer be given back, owners deleted, and owners kept with the reason."""

    objects: int
    removed: tuple[Owner, ...]
    kept: tuple[tuple[Owner, str], ...]


def confirm(
    stack: str, cluster: LiveCluster, applications: Collection[str], *, remove_owner: bool
) -> Confirmed:
    """Drop the record of a take-over; with `remove_owner`, delete the owners' own objects, and nothing of theirs.

    Raises:
        NotFoundError: there is nothing to confirm.
        RefusedError: an owner has been set going again, so deleting it would delete what it has.
        ConflictError: another run is at work on the stack's take-over.
    """
    with held(cluster.client, NAMESPACE, adoption_name(stack)):
        stored = load(cluster.client, stack)
        chosen, rest = split(stored, applications, stack, "confirm")
        owners = [item.owner for item in chosen.owners]
        for owner in owners:
            live = cluster.owner(owner)
            if live and release_of(live):
                raise RefusedError(
                    f"{owner} has been set going again, so it may still write or delete what was taken over",
                    next_step=f"run gitops adopt --stack {stack} --yes, or --undo",
                )
        removed: list[Owner] = []
        kept: list[tuple[Owner, str]] = []
        for owner in owners:
            reason = _remove(owner, removed, cluster) if remove_owner else "is let go and can be deleted"
            if reason:
                kept.append((owner, reason))
            else:
                removed.append(owner)
        replace(stack, stored, rest, cluster)
    return Confirmed(len(chosen.objects), tuple(removed), tuple(kept))


def how_to_remove(owner: Owner) -> str:
    """The command that deletes an owner's own object and leaves alone what it had."""
    if owner.kind == RELEASE:
        selector = f"owner=helm,name={owner.name}"
        return f"kubectl delete secret --namespace {owner.namespace} --selector {selector}"
    plural = f"{owner.kind.lower()}s.{GROUPS[owner.kind]}"
    return f"kubectl delete {plural} {owner.name} --namespace {owner.namespace} --cascade=orphan"


def _remove(owner: Owner, removed: list[Owner], cluster: LiveCluster) -> str:
    """Delete an owner's object; "" or why it stays."""
    if owner.kind == RELEASE:
        return _remove_release(owner, cluster)
    live = cluster.owner(owner)
    if live is None:
        return ""
    parents = cluster.owners_of(owner_key(owner), live["metadata"])
    makers = [str(parent) for parent in parents if has_object(parent) and parent not in removed]
    if makers:
        return f"is made by {', '.join(makers)}: take it out of there first"
    path = cluster.everything.path(owner_key(owner))
    cluster.client.delete(path, propagation="Orphan", uid=live["metadata"]["uid"])
    return ""


def _remove_release(owner: Owner, cluster: LiveCluster) -> str:
    """Helm's own uninstall would delete the objects; its notes about them are Secrets."""
    collection = f"/api/v1/namespaces/{owner.namespace}/secrets"
    notes = cluster.client.list(
        collection,
        f"owner=helm,name={owner.name}",
        field_selector=f"type={_HELM_SECRETS}",
        metadata_only=True,
    )
    for note in notes:
        try:
            cluster.client.delete(f"{collection}/{note['metadata']['name']}", uid=note["metadata"]["uid"])
        except ApiError as error:
            if error.status != 404:
                raise
    return ""
