"""What a Rollout's controller writes into objects that Git states too, so that both can write the same object."""

from __future__ import annotations

from dataclasses import dataclass

HASH_LABEL = "rollouts-pod-template-hash"
"""By it the controller tells the pods of two ReplicaSets apart (`argo-rollouts`, `DefaultRolloutUniqueLabelKey`)."""

_WHOLE = {
    "VirtualService": ("/spec/http", "/spec/tls", "/spec/tcp"),
    "DestinationRule": ("/spec/subsets",),
    "Service": ("/spec/selector",),
}


@dataclass(frozen=True, slots=True)
class Steering:
    """The part of a VirtualService, DestinationRule or Service that is a Rollout's.

    Attributes:
        kind: the object's kind.
        routes: names of the routes whose weights it sets; none means all routes.
        added: names of the routes that it adds and takes away.
        subsets: names of the subsets that it labels.
    """

    kind: str
    routes: frozenset[str] = frozenset()
    added: frozenset[str] = frozenset()
    subsets: frozenset[str] = frozenset()

    @property
    def whole(self) -> tuple[str, ...]:
        """JSON pointers to the fields that hold such parts, and that the API server takes only as a whole."""
        return _WHOLE[self.kind]

    def and_also(self, other: Steering) -> Steering:
        """Both, where two Rollouts name one object."""
        routes = self.routes | other.routes if self.routes and other.routes else frozenset[str]()
        return Steering(self.kind, routes, self.added | other.added, self.subsets | other.subsets)
