"""What a rebuild found, did and proved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops.model.errors import TimedOutError

if TYPE_CHECKING:
    from gitops.model.keys import ObjectKey
    from gitops.model.synced import Synced

DIFFERS = 1


@dataclass(frozen=True, slots=True)
class Place:
    """The cluster, told so that a person recognizes it.

    Attributes:
        context: of the kubeconfig; "" for the current one.
        server: the API server's address.
        uid: of namespace `kube-system`, which no other cluster has.
    """

    context: str
    server: str
    uid: str


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A stack after its rebuild.

    Attributes:
        synced: what the last of its syncs did.
        deployments: how many of the stack's history were still known when it began.
        remembered: how many objects the stack's state still knew.
        alive: objects that Git states and that lived before.
        created: those that did not.
        recreated: those of the living that are other objects now; there should be none.
        adopted: those that carried no label of the stack.
        claims: volumes, and what makes volumes, that are new and so empty.
        waiting: why applications are not Synced and Healthy, a line each.
        drift: what contradicts Git, a line each.
        unrecorded: objects that Git states and the stack's state does not have.
        seconds: from the yes to the proof.
    """

    place: Place
    synced: Synced
    deployments: int
    remembered: int
    alive: tuple[ObjectKey, ...]
    created: tuple[ObjectKey, ...]
    recreated: tuple[ObjectKey, ...]
    adopted: tuple[ObjectKey, ...]
    claims: tuple[ObjectKey, ...]
    waiting: tuple[str, ...]
    drift: tuple[str, ...]
    unrecorded: tuple[ObjectKey, ...]
    seconds: float

    @property
    def exit_code(self) -> int:
        """0 when everything is back and nothing differs; else the sync's, 9 for what is not healthy yet, or 1."""
        if self.synced.exit_code:
            return self.synced.exit_code
        if self.drift or self.unrecorded or self.recreated:
            return DIFFERS
        return TimedOutError.exit_code if self.waiting else 0
