"""What goes from one stack to the next, and what a stack notes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops.model.verification import Verified


@dataclass(frozen=True, slots=True)
class Unit:
    """A commit as it will be on one stack.

    Attributes:
        revision: full commit id.
        digest: of every object that the stack gets, 16 hexadecimal digits; what an approval is for.
        images: container images in them, sorted.
    """

    revision: str
    digest: str
    images: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """A promotion that has begun; noted with its stack, so that it can be gone on with.

    Attributes:
        revision: what the stack is to run.
        before: what `gitops:revision` was, to go back to.
        source: the stack that proved it, or "" for a hotfix.
        by: who began it.
        started: ISO 8601, UTC.
        stage: the stage that it is promoted to as a whole, "" for this stack alone.
    """

    revision: str
    before: str
    source: str
    by: str
    started: str
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Setback:
    """A revision that a stack went back from, and when, ISO 8601, UTC; it is not promoted to it again."""

    revision: str
    reason: str
    at: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody's word that a stack may get these objects, by their digest; ISO 8601, UTC."""

    digest: str
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class Promoted:
    """How a promotion ended.

    Attributes:
        unit: what was promoted.
        source: where from, "" for a hotfix.
        target: the stack that got it.
        failure: why the stack went back; "" when all is well.
        returned: the revision that it went back to; "" when it could not go back, or did not have to.
        checks: what the target's checks measured.
    """

    unit: Unit
    source: str
    target: str
    failure: str = ""
    returned: str = ""
    checks: Sequence[Verified] = field(default=())


class Taking(StrEnum):
    """How a stack of a stage took a promotion."""

    PROMOTED = "Promoted"
    UNCHANGED = "Unchanged"
    FAILED = "Failed"
    REFUSED = "Refused"
    NOT_REACHED = "NotReached"


BAD = frozenset((Taking.FAILED, Taking.REFUSED))


@dataclass(frozen=True, slots=True)
class Share:
    """A stack's share in the promotion of a stage.

    Attributes:
        group: its place in the order.
        unit: what it got, or would have got.
        taking: how it took it.
        reason: why it did not.
        returned: the revision that it went back to; "" when it could not go back, or did not have to.
        started: ISO 8601, UTC; "" when nothing was begun.
        seconds: how long it took.
    """

    stack: str
    group: int
    unit: Unit
    taking: Taking
    reason: str = ""
    returned: str = ""
    started: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class StagePromoted:
    """How a promotion to all stacks of a stage ended.

    Attributes:
        source: where from, "" for a hotfix.
        shares: by group and name.
        stopped: the group in which more stacks failed than may; None when none did.
    """

    source: str
    stage: str
    revision: str
    shares: tuple[Share, ...]
    stopped: int | None = None
