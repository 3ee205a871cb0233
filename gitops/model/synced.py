"""What a sync did to a stack and to each of its applications."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitops.model.errors import ConfigError, GitOpsError, Problem, RefusedError
from gitops.model.sync import Retry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops.model.keys import ObjectKey
    from gitops.model.rolled_back import RolledBack

SYNCED, FAILED, WAITING, LEFT_OUT, HELD = "Synced", "Failed", "Waiting", "LeftOut", "Held"


@dataclass(frozen=True, slots=True)
class ApplicationOutcome:
    """One application: `Synced`, `Failed`, `Waiting` (behind one that failed), `LeftOut` or `Held`, and why.

    `retry` says how often it may be tried again, `rolled_back` that it went back when it failed.
    """

    name: str
    result: str
    problems: tuple[Problem, ...] = ()
    retry: Retry = field(default=Retry())
    rolled_back: RolledBack | None = None


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync did.

    Attributes:
        stack: the stack's name.
        revision: the commit that was synced.
        changes: how many resources were created, updated, deleted, left the same; empty when some failed.
        applications: by name.
        pruned: objects that were in no plan and in no state.
        warnings: what a person should know, though nothing went wrong.
        operation: the id under which the stack's history has it.
    """

    stack: str
    revision: str
    changes: Mapping[str, int]
    applications: tuple[ApplicationOutcome, ...]
    pruned: tuple[ObjectKey, ...] = ()
    warnings: tuple[Problem, ...] = ()
    operation: str = ""

    def having(self, result: str) -> tuple[ApplicationOutcome, ...]:
        """The applications with a result."""
        return tuple(item for item in self.applications if item.result == result)

    @property
    def exit_code(self) -> int:
        """0, else 4 when the cluster refused something, 2 when something is wrong in Git, 5 when something is held."""
        if self.having(FAILED):
            return GitOpsError.exit_code
        if self.having(LEFT_OUT):
            return ConfigError.exit_code
        return RefusedError.exit_code if self.having(HELD) else 0
