"""A deployment: one run that changed a stack, as its history tells it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SUCCEEDED, FAILED, RUNNING = "Succeeded", "Failed", "Running"


@dataclass(frozen=True, slots=True)
class Intent:
    """What is known of a deployment before it starts; the stack's history keeps it.

    Attributes:
        operation: the id of the run, also in logs; those of later runs sort after it.
        by: who started it, such as `ada@laptop`.
        asked: the branch, tag or commit that the stack follows.
        revision: the commit that it names now.
        applications: those whose objects differ from what lives, by name.
        left_out: those that could not be read, and stay as they are.
        why: what somebody has to say about it; "" for nothing.
        partial: whether only the applications were looked at that somebody chose.
    """

    operation: str
    by: str
    asked: str
    revision: str
    applications: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    why: str = ""
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Deployment:
    """One entry of a stack's history.

    Attributes:
        number: counted from the oldest that is kept; the backend's own number where it has one.
        kind: `update`, `destroy`, `refresh`, as the engine calls them.
        intent: None for a run that was not started by `gitops`, such as a bare `pulumi up`.
        message: what the history says besides.
        started: ISO 8601, UTC.
        finished: the same; "" while it runs.
        outcome: `Succeeded`, `Failed` or `Running`.
        reason: why it failed, when that was told.
        changes: how many resources were created, updated, deleted, left the same.
        configured: `gitops:revision` at that time.
    """

    number: int
    kind: str
    intent: Intent | None
    message: str
    started: str
    finished: str
    outcome: str
    reason: str = ""
    changes: Mapping[str, int] = field(default_factory=dict)
    configured: str = ""

    @property
    def revision(self) -> str:
        """The commit that was deployed; "" where nobody noted it."""
        return self.intent.revision if self.intent else ""

    def touched(self, application: str) -> bool:
        """Whether it brought an application another content, and is known to."""
        return self.intent is not None and application in self.intent.applications
