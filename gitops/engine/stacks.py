"""One stack, brought up by the engine with a program that runs in this process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pulumi import automation

from gitops.model.errors import ConflictError, GitOpsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

PARALLEL = 64
# Safe because a run that was killed is repaired by the next one: creates are upserts.
SETTINGS = {
    "PULUMI_SKIP_CHECKPOINTS": "true",
    "PULUMI_PARALLEL_DIFF": "true",
    "PULUMI_SKIP_UPDATE_CHECK": "true",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did: how many resources were created, updated, deleted, left the same."""

    changes: Mapping[str, int]

    @property
    def changed(self) -> int:
        """How many resources were not left the same."""
        return sum(count for change, count in self.changes.items() if change != "same")


def up(
    stack: str,
    project: Path,
    program: Callable[[], None],
    *,
    refresh: bool = False,
    on_output: Callable[[str], None] | None = None,
) -> Outcome:
    """Make the stack's resources match the program; `refresh` looks at the cluster first, to find drift.

    Raises:
        ConflictError: another run holds the stack's lock.
        GitOpsError: the engine, the provider or the cluster refused.
    """
    try:
        handle = automation.create_or_select_stack(
            stack_name=stack,
            project_name="gitops",
            program=program,
            opts=automation.LocalWorkspaceOptions(work_dir=str(project), env_vars=dict(SETTINGS)),
        )
        result = handle.up(
            refresh=refresh,
            parallel=PARALLEL,
            color="never",
            suppress_outputs=True,
            suppress_progress=True,
            on_output=on_output,
        )
    except automation.ConcurrentUpdateError as error:
        raise ConflictError(
            f"another run holds the lock of stack {stack!r}",
            next_step=f"wait for it; if it was killed: pulumi cancel --yes --stack {stack}",
        ) from error
    except automation.CommandError as error:
        raise GitOpsError(
            f"stack {stack!r} did not come up: {_told(str(error))}",
            next_step="mend what it names and run again: what was done is kept",
        ) from error
    return Outcome({str(k): v for k, v in (result.summary.resource_changes or {}).items()})


def _told(text: str) -> str:
    """The engine's diagnostics out of everything it printed."""
    start = text.find("Diagnostics:")
    kept = text[start + len("Diagnostics:") :] if start >= 0 else text[-2000:]
    return "\n".join(line.rstrip() for line in kept.splitlines() if line.strip())[:4000]
