"""What stays as it is while applications are left out: objects by identity, resources by exact URN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.model.keys import APPLICATION_LABEL, ObjectKey
from gitops.model.partial import APPLICATION, Kept

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from typing import Any

    from gitops.model.partial import LeftOut, Recorded
    from gitops.model.plan import Plan


def kept(
    left_out: Collection[LeftOut],
    recorded: Sequence[Recorded],
    live: Mapping[ObjectKey, Mapping[str, Any]],
    plan: Plan,
) -> Kept:
    """What belongs to the applications that are left out, and what that needs to go on living.

    An object belongs to the application below which the state has it; one that no state knows, to the
    application that its label names. With it stay the namespace it is in and the CRD of its kind, and what
    an application that is left out states but does not own yet. While an application is left out that was
    never here, nothing at all is deleted: it may be the new name of one that has just left. Nor while one is
    left out that may state other applications.
    """
    names = {item.name for item in left_out}
    owners = {item.urn: item.name for item in recorded if item.type == APPLICATION}
    owner = {key: labels_of(item).get(APPLICATION_LABEL, "") for key, item in live.items()}
    owner |= {item.key: owners.get(item.parent, "") for item in recorded if item.key}
    owned = frozenset(key for key, name in owner.items() if name in names)
    planned = plan.keys - owned
    objects = set(owned).union(*(item.states for item in left_out))
    if not names <= set(owners.values()) or any(item.may_state_applications for item in left_out):
        objects |= owner.keys() - planned
    objects |= _foundations(objects, recorded)
    urns = [
        item.urn
        for item in recorded
        if (item.key in objects and item.key not in planned)
        or owners.get(item.parent) in names
        or (item.type == APPLICATION and item.name in names)
    ]
    return Kept(owned, frozenset(objects - planned), tuple(sorted(urns)))


def labels_of(item: Mapping[str, Any]) -> Mapping[str, str]:
    """The labels of a live object."""
    return item["metadata"].get("labels") or {}


def _foundations(objects: Iterable[ObjectKey], recorded: Iterable[Recorded]) -> set[ObjectKey]:
    """The namespaces that objects are in and the CRDs of their kinds."""
    kinds = {(key.group, key.kind) for key in objects}
    crds = {item.key for item in recorded if item.key and item.serves in kinds}
    return crds | {ObjectKey("", "Namespace", "", key.namespace) for key in objects if key.namespace}
