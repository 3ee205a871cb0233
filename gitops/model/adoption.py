"""What it takes to take a running cluster over: who has each object now, and what taking it would change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from gitops.model.keys import ObjectKey

# Kinds whose controller makes new pods when `spec.template` changes.
_RESTARTING = frozenset(
    (
        ("apps", "Deployment"),
        ("apps", "StatefulSet"),
        ("apps", "DaemonSet"),
        ("argoproj.io", "Rollout"),
    )
)


@dataclass(frozen=True, slots=True, order=True)
class Owner:
    """Who applies an object now: a tool and, where it has one, the object or release that tells it to.

    `kind` is "" for a tool that leaves no such thing behind, as `kubectl`.
    """

    tool: str
    kind: str = ""
    namespace: str = ""
    name: str = ""

    def __str__(self) -> str:
        """Such as `Argo CD Application argocd/shop`."""
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.tool} {self.kind} {place}{self.name}" if self.kind else self.tool


class Change(NamedTuple):
    """A field, its live value and the one that it would get; None is no value, a Secret's are masked."""

    path: str
    live: Any
    planned: Any


@dataclass(frozen=True, slots=True)
class ObjectAdoption:
    """One planned object.

    Attributes:
        application: the application that states it.
        exists: whether it lives; a missing one is made by the next sync.
        owners: who has it now; several when it is fought over, none when it is ours or nobody's we know.
        taken: field managers whose fields are handed over.
        others: field managers beside them that keep what they have.
        dropped: labels and annotations of the owners that are taken off.
        changes: what the next sync would change, apart from labels and annotations of owners and of ours.
        refused: why the API server would not take what Git states, or "".
        stack: the other stack that it belongs to, or "".
    """

    key: ObjectKey
    application: str
    exists: bool
    owners: tuple[Owner, ...] = ()
    taken: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    refused: str = ""
    stack: str = ""

    @property
    def is_pending(self) -> bool:
        """Whether anything has to be handed over."""
        return bool(self.taken or self.dropped)

    @property
    def restarts(self) -> tuple[Change, ...]:
        """The changes that make a controller replace pods."""
        if (self.key.group, self.key.kind) not in _RESTARTING:
            return ()
        return tuple(change for change in self.changes if change.path.startswith("spec.template"))


@dataclass(frozen=True, slots=True)
class OwnerRelease:
    """How an owner is made to let go.

    Attributes:
        found: whether the object that tells the tool what to do is in the cluster.
        steps: what has to be done to it, in words; empty when it has let go already.
    """

    owner: Owner
    found: bool
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AdoptionPlan:
    """A stack's take-over, before anything is done.

    Attributes:
        left: live objects of the same owners that no application states, so nobody looks after them later.
    """

    stack: str
    revision: str
    objects: tuple[ObjectAdoption, ...]
    releases: tuple[OwnerRelease, ...] = ()
    left: tuple[tuple[ObjectKey, Owner], ...] = ()

    @property
    def pending(self) -> tuple[ObjectAdoption, ...]:
        """The objects that have to be handed over."""
        return tuple(item for item in self.objects if item.is_pending)
