"""What of a stack lives in the cluster, found by its label: also what no plan and no state knows of."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops.cluster.errors import ApiError
from gitops.model.errors import RefusedError
from gitops.model.keys import HOOK_ANNOTATION, PRUNE_ANNOTATION, STACK_LABEL, ObjectKey

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from gitops.cluster.client import Client, Object
    from gitops.cluster.discovery import Discovery, Resource

# Controllers copy labels on to what they make; those objects are theirs, not the stack's.
_DERIVED = frozenset((("discovery.k8s.io", "EndpointSlice"), ("", "Endpoints"), ("", "Event")))
ALLOW_DELETES = "GITOPS_ALLOW_DELETES"
_ALWAYS_ALLOWED = 10


@dataclass(frozen=True, slots=True)
class Survey:
    """The stack's live objects by identity, and the kinds that the cluster serves by group and kind."""

    objects: Mapping[ObjectKey, Object]
    resources: Mapping[tuple[str, str], Resource]

    @property
    def scopes(self) -> dict[tuple[str, str], bool]:
        """Whether each kind that the cluster serves is namespaced."""
        return {kind: resource.namespaced for kind, resource in self.resources.items()}

    def leaving(self, wanted: Collection[ObjectKey]) -> tuple[ObjectKey, ...]:
        """What lives, is not wanted and may be deleted: objects that are to be kept say so themselves."""
        hooks = {key.resource_name for key in wanted}
        return tuple(
            sorted(
                key
                for key in set(self.objects) - set(wanted)
                if not _kept(self.objects[key]) and made_by_hook(self.objects[key]) not in hooks
            )
        )

    def path(self, key: ObjectKey) -> str:
        """Where the API serves an object."""
        return self.resources[key.group, key.kind].path(key.namespace, key.name)


def survey(client: Client, discovery: Discovery, stack: str, *, metadata_only: bool = True) -> Survey:
    """List everything that carries the stack's label, one list for each kind, never one call an object."""
    resources = discovery.api_resources()
    wanted = [r for r in resources if (r.group, r.kind) not in _DERIVED and "delete" in r.verbs]

    def listed(resource: Resource) -> list[tuple[ObjectKey, Object]]:
        try:
            items = client.list(resource.path(), f"{STACK_LABEL}={stack}", metadata_only=metadata_only)
        except ApiError as error:
            # a kind that we may not see holds nothing of ours; one that is just going away neither
            if error.status in {403, 404, 405}:
                return []
            raise
        return [(_key(resource, item), item) for item in items if not _derived(item)]

    with ThreadPoolExecutor(max_workers=16) as pool:
        found = [pair for pairs in pool.map(listed, wanted) for pair in pairs]
    return Survey(dict(found), {(r.group, r.kind): r for r in resources})


def refuse_mass_deletion(
    live: Collection[ObjectKey], wanted: Collection[ObjectKey], limit: int, *, allowed: bool
) -> None:
    """Stop a run that would delete more than `limit` per cent of what lives.

    Raises:
        RefusedError: too much would go, and nobody said that it may.
    """
    leaving = sorted(set(live) - set(wanted))
    if allowed or len(leaving) <= _ALWAYS_ALLOWED or len(leaving) * 100 <= limit * len(live):
        return
    names = ", ".join(map(str, leaving[:5]))
    raise RefusedError(
        f"this would delete {len(leaving)} of the stack's {len(live)} live objects"
        f" ({names}, …), more than the {limit} % that gitops:deleteLimit allows",
        next_step=f"look at the repository's revision; if it is meant, run once with {ALLOW_DELETES}=1",
    )


def made_by_hook(item: Object) -> str:
    """The resource name of the hook that made a live object, "" for an object of its own."""
    return str((item["metadata"].get("annotations") or {}).get(HOOK_ANNOTATION, ""))


def _kept(item: Object) -> bool:
    return (item["metadata"].get("annotations") or {}).get(PRUNE_ANNOTATION) == "false"


def _key(resource: Resource, item: Object) -> ObjectKey:
    metadata = item["metadata"]
    return ObjectKey(resource.group, resource.kind, metadata.get("namespace", ""), metadata["name"])


def _derived(item: Object) -> bool:
    return any(owner.get("controller") for owner in item["metadata"].get("ownerReferences") or ())
