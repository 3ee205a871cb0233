"""A change that was merged, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops.model.errors import ConfigError

if TYPE_CHECKING:
    from gitops.model.errors import GitOpsError, Problem
    from gitops.model.preview import StackPreview
    from gitops.model.synced import Synced


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of the change on one stack.

    Attributes:
        preview: what was about to be done, compared with what ran before; None when that can't be told.
        beside: what was done though the change's preview did not show it, since others have changed something since.
        superseded: the newer commit that the stack runs already, so that nothing was done; "" for none.
        synced: what the sync did; None when none began.
        error: why none did.
    """

    stack: str
    preview: StackPreview | None = None
    beside: tuple[str, ...] = ()
    superseded: str = ""
    synced: Synced | None = None
    error: GitOpsError | None = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that went wrong."""
        own = self.error.problems if self.error else ()
        of_sync = (
            problem for item in (self.synced.applications if self.synced else ()) for problem in item.problems
        )
        of_preview = self.preview.problems if self.preview else ()
        return tuple(dict.fromkeys((*own, *of_preview, *of_sync)))

    @property
    def exit_code(self) -> int:
        """0 when all is well."""
        if self.error:
            return self.error.exit_code
        if self.synced:
            return self.synced.exit_code
        return ConfigError.exit_code if self.preview and self.preview.problems else 0
