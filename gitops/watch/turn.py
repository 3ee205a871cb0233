"""What the loop has synced, and which sync a new plan asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops.watch.touched import Touched, touched

if TYPE_CHECKING:
    from collections.abc import Collection

    from gitops.model.keys import ObjectKey
    from gitops.model.plan import Plan


@dataclass(frozen=True, slots=True)
class Known:
    """What was synced last.

    Attributes:
        plan: the plan of it.
        clean: whether nothing of it failed or waits, so that the next one may go on from it.
        tried: how often what failed was tried again at this plan.
        failed: the applications that failed.
    """

    plan: Plan
    clean: bool
    tried: int = 0
    failed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Work:
    """A sync to do: of everything, or of applications of which only content has changed.

    Attributes:
        names: the applications that change, for people and for the healer.
        alone: whether these are all that the engine looks at.
    """

    names: tuple[str, ...]
    alone: bool


def work(known: Known | None, plan: Plan, *, again: bool) -> Work | None:
    """The sync that a plan asks for; None when it says what the last one said, and nothing is to be done again."""
    everything = tuple(application.name for application in plan.applications)
    if known is None:
        return Work(everything, alone=False)
    found: Touched = touched(known.plan, plan)
    if not found.names and found.alone and not again:
        return None
    if not known.clean or again:
        return Work(tuple(sorted({*everything, *found.names})), alone=False)
    return Work(found.names, alone=found.alone)


def is_lost(known: Known | None, plan: Plan, live: Collection[ObjectKey]) -> bool:
    """Whether an application that failed has an object that is gone.

    Somebody may have deleted it shortly before, and the engine, which believes it there, can't change it before it has
    looked at the cluster.
    """
    return known is not None and any(
        item.manifest.application in known.failed and item.manifest.key not in live for item in plan.objects
    )
