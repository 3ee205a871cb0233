"""What is left of a stack: in its cluster, in its state, in its history."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops.cluster.connect import connect
from gitops.cluster.survey import is_copy
from gitops.delivery.promotion.notes import noted
from gitops.drift.added import unmanaged
from gitops.engine.command import tags
from gitops.engine.history import history
from gitops.engine.recorded import recorded
from gitops.model.errors import RefusedError
from gitops.model.keys import STACK_LABEL
from gitops.model.promotion import Move
from gitops.model.rebuilt import Place

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gitops.cluster.client import Object
    from gitops.cluster.connect import Connection
    from gitops.cluster.survey import Survey
    from gitops.model.keys import ObjectKey
    from gitops.model.partial import Recorded
    from gitops.model.settings import Settings


@dataclass(frozen=True, slots=True)
class Found:
    """A stack that was looked at and not touched.

    Attributes:
        everything: the metadata of all that lives in its cluster and that no controller made.
        state: the resources that the stack's state knows.
        deployments: how many the stack's history knows.
        begun: a promotion to it that was begun and not ended.
    """

    settings: Settings
    project: Path
    connection: Connection
    place: Place
    everything: Survey
    state: tuple[Recorded, ...]
    deployments: int
    begun: Move | None

    @property
    def alive(self) -> Mapping[ObjectKey, Object]:
        """What carries the stack's label."""
        return {
            key: item
            for key, item in self.everything.objects.items()
            if stack_of(item) == self.settings.stack and not is_copy(key, item)
        }

    @property
    def others(self) -> Mapping[str, int]:
        """Other stacks that have objects in this cluster, and how many."""
        stacks = Counter(stack_of(item) for item in self.everything.objects.values())
        return {name: stacks[name] for name in sorted(stacks) if name not in {"", self.settings.stack}}

    @property
    def unmanaged(self) -> int:
        """How many objects neither a stack nor the cluster itself made."""
        return len(unmanaged(self.everything.objects))

    @property
    def remembered(self) -> tuple[ObjectKey, ...]:
        """The objects that the state knows."""
        return tuple(item.key for item in self.state if item.key)


def look(settings: Settings, project: Path) -> Found:
    """Look at what is left.

    Raises:
        GitOpsError: the cluster or the state can't be read.
    """
    connection = connect(settings.cluster)
    system = connection.client.get("/api/v1/namespaces/kube-system")
    place = Place(settings.cluster.context, connection.client.server, str(system["metadata"]["uid"]))
    return Found(
        settings,
        project,
        connection,
        place,
        connection.survey(""),
        recorded(settings.stack, project),
        len(history(settings.stack, project)),
        noted(Move, tags(settings.stack, project)),
    )


def refuse_wrong_cluster(found: Found, *, shared: bool) -> None:
    """Stop where other stacks live and nothing of this one does; `shared` says that this is meant.

    Raises:
        RefusedError: it looks like another stack's cluster.
    """
    if not found.others or found.alive or shared:
        return
    stack, place = found.settings.stack, found.place
    there = ", ".join(f"{count} of {name}" for name, count in found.others.items())
    raise RefusedError(
        f"context {place.context or '(current)'} at {place.server} has objects of other stacks ({there}) and none"
        f" of {stack}: it looks like the wrong cluster",
        next_step=f"set gitops:context in Pulumi.{stack}.yaml; if they are to share it: --shared-cluster",
    )


def stack_of(item: Object) -> str:
    """The stack that an object's label names, "" without one."""
    return str((item["metadata"].get("labels") or {}).get(STACK_LABEL, ""))
