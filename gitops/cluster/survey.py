"""What of a stack lives in the cluster, found by its label: also what no plan and no state knows of."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gitops.cluster.discovery import listable
from gitops.cluster.errors import ApiError
from gitops.model.capabilities import WITHOUT_CLUSTER, Capabilities, Served
from gitops.model.errors import Problem, RefusedError
from gitops.model.keys import (
    APPLICATION_LABEL,
    HOOK_ANNOTATION,
    OBJECT_ANNOTATION,
    PRUNE_ANNOTATION,
    STACK_LABEL,
    UNUSED,
)
from gitops.rollouts.versions import still_used

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from gitops.cluster.client import Client, Object
    from gitops.cluster.discovery import Discovery, Resource
    from gitops.model.keys import ObjectKey

EVENTS = frozenset((("", "Event"), ("events.k8s.io", "Event")))
# Controllers copy labels on to what they make; those objects are theirs, not the stack's.
_DERIVED = EVENTS | {("discovery.k8s.io", "EndpointSlice"), ("", "Endpoints")}
ALLOW_DELETES = "GITOPS_ALLOW_DELETES"
_ALWAYS_ALLOWED = 10
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Survey:
    """What of a stack lives.

    Attributes:
        objects: the stack's live objects by identity.
        used: ConfigMaps and Secrets that ReplicaSets need, as far as something of the stack stays for that.
        copies: what carries the stack's label and another object's identity: somebody copied that one.
        resources: the kinds that the cluster serves, by group and kind.
        hidden: group and kind of what we may not list: of these, anything may live.
        capabilities: what else the cluster serves, as charts ask for it.
    """

    objects: Mapping[ObjectKey, Object]
    resources: Mapping[tuple[str, str], Resource]
    hidden: frozenset[tuple[str, str]] = frozenset()
    capabilities: Capabilities = field(default=WITHOUT_CLUSTER)
    copies: Mapping[ObjectKey, Object] = field(default_factory=dict)
    used: frozenset[ObjectKey] = frozenset()

    @property
    def served(self) -> Served:
        """What manifests depend on."""
        scopes = {kind: resource.namespaced for kind, resource in self.resources.items()}
        return Served(scopes, self.capabilities)

    def with_unseen(self, keys: Collection[ObjectKey]) -> Survey:
        """The survey with objects of hidden kinds, which the stack's state knows to live."""
        unseen: dict[ObjectKey, Object] = {
            key: {"metadata": {}} for key in keys if (key.group, key.kind) in self.hidden
        }
        return replace(self, objects={**unseen, **self.objects})

    def seen(self, wanted: Collection[ObjectKey]) -> Mapping[ObjectKey, Object]:
        """The stack's objects, and those of the wanted ones whose identity somebody changed."""
        return {**{key: self.copies[key] for key in wanted if key in self.copies}, **self.objects}

    def hidden_of(self, keys: Collection[ObjectKey]) -> tuple[str, ...]:
        """The hidden kinds that some objects have, as `Secret` or `Deployment.apps`."""
        kinds = {(key.group, key.kind) for key in keys} & self.hidden
        return tuple(sorted(f"{kind}.{group}" if group else kind for group, kind in kinds))

    def leaving(
        self, wanted: Collection[ObjectKey], applications: Collection[str] = (), *, confirmed: bool = False
    ) -> tuple[ObjectKey, ...]:
        """What lives, is not wanted and may be deleted: objects that are to be kept say so themselves.

        `applications` are those that go on, whose objects may not all be kept; `confirmed` says that
        somebody has allowed to delete what waits for that.
        """
        hooks = {key.resource_name for key in wanted}

        def stays(key: ObjectKey) -> bool:
            item = self.objects[key]
            metadata = item["metadata"]
            match (metadata.get("annotations") or {}).get(PRUNE_ANNOTATION):
                case "false":
                    return True
                case staying if staying == UNUSED:
                    return key in self.used
                case "confirm":
                    return not confirmed
                case "object-only":
                    return (metadata.get("labels") or {}).get(APPLICATION_LABEL) not in applications
            return made_by_hook(item) in hooks

        return tuple(sorted(key for key in set(self.objects) - set(wanted) if not stays(key)))

    def path(self, key: ObjectKey) -> str:
        """Where the API serves an object."""
        return self.resources[key.group, key.kind].path(key.namespace, key.name)


def survey(client: Client, discovery: Discovery, stack: str, *, metadata_only: bool = True) -> Survey:
    """List everything that carries the stack's label, one list for each kind, never one call an object.

    Without a stack: everything that no controller made.
    """
    selector = f"{STACK_LABEL}={stack}" if stack else ""
    everything = discovery.everything()
    resources = listable(everything)
    wanted = [r for r in resources if (r.group, r.kind) not in _DERIVED and "delete" in r.verbs]

    hidden: set[tuple[str, str]] = set()

    def listed(resource: Resource) -> list[tuple[ObjectKey, Object]]:
        try:
            items = client.list(resource.path(), selector, metadata_only=metadata_only)
        except ApiError as error:
            if error.status == 403:
                hidden.add((resource.group, resource.kind))
            # a kind that is just going away holds nothing of ours
            if error.status in {403, 404, 405}:
                return []
            raise
        return [(resource.key(item["metadata"]), item) for item in items if not _derived(item)]

    with ThreadPoolExecutor(max_workers=16) as pool:
        found = dict(pair for pairs in pool.map(listed, wanted) for pair in pairs)
    kinds = {(r.group, r.kind): r for r in resources}
    copies = {key: item for key, item in found.items() if stack and is_copy(key, item)}
    own = {key: item for key, item in found.items() if key not in copies}
    used = _used(client, kinds, own)
    return Survey(own, kinds, frozenset(hidden), _capabilities(client, everything), copies, used)


def _used(
    client: Client, kinds: Mapping[tuple[str, str], Resource], own: Mapping[ObjectKey, Object]
) -> frozenset[ObjectKey]:
    """Of what stays for as long as a ReplicaSet needs it, what one needs; all of it where these may not be listed."""
    waiting = {
        key
        for key, item in own.items()
        if (item["metadata"].get("annotations") or {}).get(PRUNE_ANNOTATION) == UNUSED
    }
    found: set[ObjectKey] = set()
    for namespace in sorted({key.namespace for key in waiting}):
        try:
            found |= still_used(client.list(kinds["apps", "ReplicaSet"].path(namespace)))
        except (ApiError, KeyError):
            found |= {key for key in waiting if key.namespace == namespace}
    return frozenset(found)


def hidden_warning(kinds: Collection[str]) -> Problem:
    """What a person should know about kinds that may not be listed."""
    return Problem(
        f"may not list {', '.join(kinds)}: what a killed run left of these is not found",
        next_step="grant the user of the kubeconfig context the verb `list` for them, in all namespaces",
    )


def _capabilities(client: Client, resources: Iterable[Resource]) -> Capabilities:
    """What charts are told, in the form that Argo CD tells them: versions, and kinds in versions."""
    version = str(client.get("/version").get("gitVersion", "")).removeprefix("v")
    versions = {resource.api_version for resource in resources}
    kinds = {f"{resource.api_version}/{resource.kind}" for resource in resources}
    return Capabilities(version or WITHOUT_CLUSTER.kube_version, tuple(sorted(versions | kinds)))


def refuse_mass_deletion(
    live: Collection[ObjectKey], wanted: Collection[ObjectKey], limit: int, *, allowed: str
) -> None:
    """Stop a run that would delete more than `limit` per cent of what lives.

    `allowed` is the word that an earlier refusal gave: it stands for exactly these objects and for no others.

    Raises:
        RefusedError: too much would go, and nobody said that just this may.
    """
    leaving = sorted(set(live) - set(wanted))
    if len(leaving) <= _ALWAYS_ALLOWED or len(leaving) * 100 <= limit * len(live):
        return
    word = approval(leaving)
    if allowed == word:
        return
    shown = [f"    {key}" for key in leaving[:_SHOWN]]
    more = [f"    … and {len(leaving) - _SHOWN} more"] if len(leaving) > _SHOWN else []
    stale = f"\n    ({ALLOW_DELETES}={allowed} was for another deletion)" if allowed else ""
    raise RefusedError(
        f"this would delete {len(leaving)} of the stack's {len(live)} live objects,"
        f" more than the {limit} % that gitops:deleteLimit allows:\n" + "\n".join([*shown, *more]) + stale,
        next_step=f"look at the repository's revision; if just these are meant, run once with {ALLOW_DELETES}={word}",
    )


def approval(leaving: Collection[ObjectKey]) -> str:
    """The word that allows just this deletion: a digest of what would go."""
    names = "\n".join(sorted(key.resource_name for key in leaving))
    return hashlib.sha256(names.encode()).hexdigest()[:12]


def made_by_hook(item: Object) -> str:
    """The resource name of the hook that made a live object, "" for an object of its own."""
    return str((item["metadata"].get("annotations") or {}).get(HOOK_ANNOTATION, ""))


def is_copy(key: ObjectKey, item: Object) -> bool:
    """Whether a live object tells another one's identity; one that tells none is taken at its labels' word."""
    told = (item["metadata"].get("annotations") or {}).get(OBJECT_ANNOTATION)
    return told not in {None, key.resource_name}


def _derived(item: Object) -> bool:
    return any(owner.get("controller") for owner in item["metadata"].get("ownerReferences") or ())
