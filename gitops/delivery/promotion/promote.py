"""A promotion to one stack: pin, deploy, verify, and go back when it was no good."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from gitops.cluster.connect import connect
from gitops.cluster.lease import held
from gitops.delivery.history import whoami
from gitops.delivery.observe import observe
from gitops.delivery.promotion.look import running_revision
from gitops.delivery.promotion.notes import forget, note, note_setback, noted, now
from gitops.delivery.promotion.proof import against_checks, against_states
from gitops.delivery.sync import sync
from gitops.delivery.verification import verified
from gitops.engine.command import tags
from gitops.engine.locks import backend, clear
from gitops.model.errors import AccessError, ConflictError, GitOpsError, NotFoundError, RefusedError
from gitops.model.keys import object_name
from gitops.model.promotion import Approval, Move, Promoted, Setback, Unit
from gitops.source.git import cache_folder, cached
from gitops.source.pin import pin
from gitops.source.record import commit_changed
from gitops.source.transport import push

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from gitops.delivery.promotion.look import Candidate
    from gitops.model.settings import Repository, Settings
    from gitops.model.verification import Verified

_NAMESPACE = "default"
# seconds for the engine of a run that was killed to notice that
_PATIENCE = 30.0


def approve(candidate: Candidate, project: Path) -> Approval:
    """Note that this user approves exactly what the target would get."""
    approval = Approval(candidate.unit.digest, whoami(), now())
    note(candidate.target.stack, project, approval)
    return approval


def begun(targets: Sequence[Settings], project: Path) -> tuple[tuple[Settings, Move], ...]:
    """The stacks to which a promotion was begun and not ended.

    Raises:
        NotFoundError: none was begun.
    """
    moves = [(target, noted(Move, tags(target.stack, project))) for target in targets]
    found = tuple((target, move) for target, move in moves if move)
    if not found:
        names = ", ".join(target.stack for target in targets)
        raise NotFoundError(f"no promotion to {names} was begun", next_step="nothing is to be aborted")
    return found


def begin(candidate: Candidate, project: Path) -> Move:
    """Note with the target that it is promoted to, or find that noted.

    Raises:
        ConflictError: another promotion was begun, or the target is no longer what was looked at.
        RefusedError: it has gone back from the revision meanwhile.
    """
    target, unit = candidate.target, candidate.unit
    if candidate.applications and not candidate.resumed:
        publish(target.repository, unit.revision)
    told = tags(target.stack, project)
    move = noted(Move, told)
    if move is None:
        if candidate.source and noted(Setback, told, unit.revision):
            raise RefusedError(f"{target.stack} has gone back from {unit.revision[:12]} meanwhile")
        if candidate.resumed or running_revision(target.stack, project) != candidate.running:
            raise ConflictError(
                f"{target.stack} was changed by another promotion since it was looked at",
                next_step="run it again",
            )
        # a branch would bring back what is newest, not what ran
        before = candidate.running or target.repository.revision
        move = Move(unit.revision, before, candidate.source, whoami(), now(), candidate.stage)
        note(target.stack, project, move)
    elif move.revision != unit.revision:
        raise ConflictError(
            f"{move.by} is promoting {move.revision[:12]} to {target.stack} since {move.started}",
            next_step="wait for it; if it was killed, run gitops promote again and it goes on",
        )
    return move


def promote(
    candidate: Candidate,
    project: Path,
    *,
    reason: str = "",
    on_step: Callable[[str], None] = lambda _: None,
) -> Promoted:
    """Let the target follow the unit's revision, deploy and verify it; on failure, go back and hold it.

    May be killed at any moment: the next one goes on, since the stack has noted what was begun. A Lease in the
    target's cluster lets one promotion at a time be at work, whatever machines they are on.

    Raises:
        ConflictError: another promotion to this stack is under way.
        AccessError: something can't be reached; the promotion stays begun.
        GitOpsError: nothing was begun.
    """
    target, unit = candidate.target, candidate.unit
    with alone(target, target.stack):
        move = begin(candidate, project)
        if candidate.resumed:
            _wait_for_killed(target.stack, project)
        why = reason or (f"promoted from {candidate.source}" if candidate.source else "hotfix, gone on with")
        follow({target.stack: unit.revision}, project, f"Promote {unit.revision[:12]} to", on_step)
        failure, checks = _deployed(target.at(unit.revision), project, why, on_step)
        returned = ""
        if failure:
            on_step(f"{unit.revision[:12]} is no good for {target.stack}: {failure}")
            returned, failure = _gone_back(target, project, move, failure, on_step)
            note_setback(target.stack, project, unit.revision, failure)
        forget(target.stack, project)
    return Promoted(unit, candidate.source, target.stack, failure, returned, checks)


def abort(target: Settings, project: Path, on_step: Callable[[str], None] = lambda _: None) -> Promoted:
    """End a promotion that was begun by going back, and hold its revision.

    Raises:
        NotFoundError: none was begun.
        ConflictError: it is under way.
    """
    with alone(target, target.stack):
        move = noted(Move, tags(target.stack, project))
        if move is None:
            raise NotFoundError(f"no promotion to {target.stack} was begun")
        _wait_for_killed(target.stack, project)
        why = f"aborted by {whoami()}"
        returned, failure = _gone_back(target, project, move, why, on_step)
        note_setback(target.stack, project, move.revision, failure)
        forget(target.stack, project)
    return Promoted(Unit(move.revision, ""), move.source, target.stack, failure, returned)


@contextmanager
def alone(target: Settings, what: str) -> Iterator[None]:
    """Only one promotion to `what`, a stack or stage, is at work at a time, by a Lease in the target's cluster.

    Raises:
        ConflictError: another one is.
    """
    client, name = connect(target.cluster).client, object_name("gitops-promotion", what)
    with ExitStack() as leases:
        try:
            leases.enter_context(held(client, _NAMESPACE, name))
        except ConflictError as error:
            raise ConflictError(
                f"another promotion to {what} is under way: {error.problems[0].what}",
                next_step=error.problems[0].next_step,
            ) from None
        yield


def follow(revisions: Mapping[str, str], project: Path, message: str, on_step: Callable[[str], None]) -> None:
    """Pin stacks to revisions, in one commit; the stacks' names are added to its message."""
    with _one_at_a_time(project):
        for stack, revision in revisions.items():
            pin(stack, project, revision)
        names = [f"Pulumi.{stack}.yaml" for stack in revisions]
        commit = commit_changed(project, names, f"{message} {', '.join(revisions)}")
    told = f", by commit {commit[:12]}" if commit else ""
    for stack, revision in revisions.items():
        on_step(f"{stack} follows {revision[:12]} from now on{told}")


def publish(repository: Repository, commit: str) -> None:
    """Push a commit that was made for a promotion, to a branch of its own, so that every machine can have it."""
    push(repository, cached(repository, cache_folder()), commit, f"promoted/{commit[:12]}")


@contextmanager
def _one_at_a_time(project: Path) -> Iterator[None]:
    """Nobody else changes files of this folder by a promotion; the lock ends with the process."""
    folder = os.open(project, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _wait_for_killed(stack: str, project: Path) -> None:
    """Wait for the engine of a promotion that was killed to end, and take its lock away when it was killed as well.

    Only where the lock is a file of this machine; elsewhere the engine's own refusal tells.
    """
    kept = backend(stack, project)
    deadline = time.monotonic() + _PATIENCE
    while kept and (holders := kept.holders()) and time.monotonic() < deadline:
        if all(holder.is_gone for holder in holders):
            clear(stack, project)
            return
        time.sleep(0.5)


def _gone_back(
    target: Settings, project: Path, move: Move, failure: str, on_step: Callable[[str], None]
) -> tuple[str, str]:
    """The revision that a stack went back to, "" when it could not, and what is to be told of it all."""
    follow({target.stack: move.before}, project, f"Take back to {move.before[:12]}:", on_step)
    again, _ = _deployed(target.at(move.before), project, failure, on_step, checked=False)
    if again:
        return "", f"{failure}; and {move.before[:12]} did not come back: {again}"
    return move.before, failure


def _deployed(
    settings: Settings,
    project: Path,
    why: str,
    on_step: Callable[[str], None],
    *,
    checked: bool = True,
) -> tuple[str, Sequence[Verified]]:
    """Why a deployment is no good, "" when it is, and what was checked."""
    on_step(f"deploying {settings.repository.revision[:12]} to {settings.stack}")
    try:
        done = sync(settings, project, why=why)
        if done.exit_code:
            wrong = [p.what for item in done.applications for p in item.problems]
            return "; ".join(wrong) or "not everything was synced", ()
        if not checked:
            return "", ()
        on_step(f"verifying {settings.stack}")
        wrong = list(against_states(observe(settings).states))
        checks = verified(settings, project) if not wrong else ()
    except (AccessError, ConflictError):
        raise  # nothing is known of the revision then; what was begun is gone on with later
    except GitOpsError as error:
        return error.problems[0].what, ()
    return "; ".join([*wrong, *against_checks(checks)]), checks
