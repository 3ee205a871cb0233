"""One stack, brought up by the engine with a program that runs in this process."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pulumi import automation

from gitops.engine.diagnostics import Failure, failures
from gitops.engine.locks import conflict
from gitops.engine.progress import step_of
from gitops.model.errors import GitOpsError
from gitops.source.stackfile import secrets_provider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from gitops.engine.progress import Step

PARALLEL = 64
# What a plan is made of: objects, and the Stashes of hooks and gates.
_STEPS = ("kubernetes:", "pulumi:index:Stash")
# No checkpoints: safe because a run that was killed is repaired by the next one, since creates are upserts.
SETTINGS = {
    "GOGC": "200",
    "PULUMI_SKIP_CHECKPOINTS": "true",
    "PULUMI_PARALLEL_DIFF": "true",
    "PULUMI_SKIP_UPDATE_CHECK": "true",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did.

    Attributes:
        changes: how many resources were created, updated, deleted, left the same; empty when some failed.
        failed: the resources that could not be brought up; what did not wait for them went on.
    """

    changes: Mapping[str, int] = field(default_factory=dict)
    failed: tuple[Failure, ...] = ()

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
    exclude: Sequence[str] = (),
    message: str = "",
    target: Sequence[str] = (),
    on_step: Callable[[Step], None] | None = None,
) -> Outcome:
    """Make the stack's resources match the program; `refresh` looks at the cluster first, to find drift.

    Resources whose URN is in `exclude` are passed over, with what they depend on: the program need not
    register them, and they stay as they are. With `target`, those URNs are all that is looked at. When a resource
    fails, others that don't wait for it go on. The stack's history keeps the message. `on_step` is told what happens,
    from another thread.

    Raises:
        ConflictError: another run holds the stack's lock.
        GitOpsError: the engine gave up, and no resource is to blame.
    """

    def on_event(event: automation.EngineEvent) -> None:
        step = step_of(event)
        if step and on_step:
            on_step(step)

    with translated(stack, "did not come up"):
        handle = opened(stack, project, program)
        try:
            result = handle.up(
                refresh=refresh,
                exclude=list(exclude),
                message=message or None,
                target=list(target) or None,
                continue_on_error=True,
                parallel=PARALLEL,
                color="never",
                suppress_outputs=True,
                suppress_progress=True,
                on_event=on_event if on_step else None,
            )
        except automation.CommandError as error:
            failed = tuple(one for one in failures(str(error)) if one.type.startswith(_STEPS))
            if not failed:
                raise
            return Outcome(failed=failed)
    return Outcome({str(k): v for k, v in (result.summary.resource_changes or {}).items()})


def look(stack: str, project: Path, target: Sequence[str]) -> None:
    """Take the cluster's state of resources into the stack's, so that the next run sees what was changed by hand.

    For a run that also makes new resources: the engine refuses to look at those first and then make them.

    Raises:
        ConflictError: another run holds the stack's lock.
        GitOpsError: the engine can't look.
    """
    with translated(stack, "could not be looked at"):
        opened(stack, project).refresh(
            target=list(target),
            message="Look at what is synced next",
            parallel=PARALLEL,
            color="never",
            suppress_outputs=True,
            suppress_progress=True,
        )


def opened(stack: str, project: Path, program: Callable[[], None] = lambda: None) -> automation.Stack:
    """A stack, created where it does not exist, with the program that makes its resources."""
    return automation.create_or_select_stack(
        stack_name=stack,
        project_name="gitops",
        program=program,
        opts=automation.LocalWorkspaceOptions(work_dir=str(project), env_vars=dict(SETTINGS)),
    )


def ensure(stack: str, project: Path) -> bool:
    """Make a stack where the backend has none of its name, with the secrets provider of its file; whether it did.

    Raises:
        GitOpsError: the backend can't be reached, or the passphrase does not open the stack's file.
    """
    with translated(
        stack, "can't be made", "check PULUMI_BACKEND_URL, and the passphrase or secrets provider"
    ):
        # without the one in its file, a key of its own would be made, and what is encrypted there lost
        provider = secrets_provider(stack, project) or None
        workspace = automation.LocalWorkspace(
            work_dir=str(project), env_vars=dict(SETTINGS), secrets_provider=provider
        )
        try:
            workspace.create_stack(stack)
        except (automation.StackAlreadyExistsError, automation.ConcurrentUpdateError):
            return False  # what is locked exists
    return True


def exported(handle: automation.Stack) -> automation.Deployment:
    """A stack's state with its secrets encrypted; the SDK's export opens them, and its import writes that to a disk."""
    workspace = handle.workspace
    told = workspace.pulumi_command.run(
        ["stack", "export", "--stack", handle.name], workspace.work_dir, workspace.env_vars
    )
    state = json.loads(told.stdout)
    return automation.Deployment(state.get("version"), state.get("deployment") or {})


@contextmanager
def translated(
    stack: str, what: str, next_step: str = "mend what it names and run again: what was done is kept"
) -> Iterator[None]:
    """Turn the engine's failures into ours; `what` says what the stack did not do."""
    try:
        yield
    except automation.ConcurrentUpdateError as error:
        raise conflict(stack, str(error)) from error
    except automation.CommandError as error:
        raise GitOpsError(f"stack {stack!r} {what}: {_reason(str(error))}", next_step=next_step) from error


def _reason(printed: str) -> str:
    """Why a command of the engine failed, out of everything it printed."""
    found = failures(printed)
    if found:
        return "; ".join(f"{one.name}: {one.reason}" for one in found)[:4000]
    _, _, errors = printed.partition("\n stderr:")
    lines = [line.strip().removeprefix("error: ") for line in errors.splitlines() if line.strip()]
    return "; ".join(lines)[-2000:] or "the engine gave no reason"
