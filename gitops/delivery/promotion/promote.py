"""A promotion: look whether it may be, then pin, deploy, verify, and go back when it was no good."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gitops.delivery.history import whoami
from gitops.delivery.hold import holding
from gitops.delivery.observe import observe
from gitops.delivery.promotion.notes import forget, note, noted
from gitops.delivery.promotion.proof import (
    against_checks,
    against_run,
    against_soak,
    against_states,
    last_run,
)
from gitops.delivery.promotion.unit import unit_of
from gitops.delivery.sync import sync
from gitops.delivery.verification import verified
from gitops.desired import rendered, stated_applications
from gitops.engine.command import tags, told
from gitops.engine.history import history
from gitops.model.deployment import SUCCEEDED
from gitops.model.errors import AccessError, ConflictError, GitOpsError, RefusedError
from gitops.model.promotion import Approval, Move, Promoted, Setback
from gitops.source.pin import pin
from gitops.source.record import commit_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from gitops.model.deployment import Deployment
    from gitops.model.manifest import Manifest
    from gitops.model.promotion import Unit
    from gitops.model.settings import Settings
    from gitops.model.verification import Verified


@dataclass(frozen=True, slots=True)
class Candidate:
    """A promotion that was looked at and not begun.

    Attributes:
        unit: what the target would get.
        source: the stack that proves it, "" for a hotfix.
        target: the settings of the stack that gets it.
        running: the commit that the target runs, "" when it was never deployed.
        before: what was stated there, and `after`, what will be.
        noted: the target's tags, in which it notes promotions.
        objections: why it may not be; none of them is about the target's own state.
        resumed: whether it was begun before and not ended.
    """

    unit: Unit
    source: str
    target: Settings
    running: str
    before: tuple[Manifest, ...]
    after: tuple[Manifest, ...]
    noted: Mapping[str, str]
    objections: tuple[str, ...] = ()
    resumed: bool = False


def look(
    source: Settings,
    target: Settings,
    project: Path,
    on_check: Callable[[str], None] = lambda _: None,
) -> Candidate:
    """Whether what `source` runs may go to `target`, and what that changes there.

    One that was begun and not ended is gone on with: what it promotes was proven then.

    Raises:
        RefusedError: the source has no deployment that could be promoted.
        GitOpsError: a repository, cluster or history can't be read.
    """
    notes = tags(target.stack, project)
    begun, held = noted(Move, notes), noted(Setback, notes)
    if begun and held and begun.revision == held.revision:
        forget(Move, target.stack, project)  # it had gone back already when it was killed
    elif begun:
        return replace(_candidate(begun.revision, begun.source, target, project, notes), resumed=True)
    deployments = history(source.stack, project)
    run = last_run(deployments)
    wrong = against_run(source.stack, run)
    if run is None or wrong:
        raise RefusedError(wrong, next_step=f"see it: gitops stack history --stack {source.stack}")
    now = datetime.now(UTC)
    soak = against_soak(source.stack, deployments, target.promotion.soak, now)
    revision = _running(source.stack, project, deployments)
    deployed = source.at(revision)
    on_check(f"looking at {source.stack}")
    objections = (*filter(None, [soak]), *against_states(observe(deployed).states))
    if not objections:
        on_check(f"running {len(deployed.verification)} checks of {source.stack}")
        objections = against_checks(verified(deployed, project))
    return replace(_candidate(revision, source.stack, target, project, notes), objections=objections)


def hotfix(target: Settings, revision: str, project: Path) -> Candidate:
    """A revision that goes to a stack past the one that should have proven it."""
    return _candidate(revision, "", target, project, tags(target.stack, project))


def refusals(candidate: Candidate) -> tuple[str, ...]:
    """Why the target does not take it: what nobody has proven or approved, and what it went back from before."""
    stack, found = candidate.target.stack, list(candidate.objections)
    held = noted(Setback, candidate.noted)
    if held and held.revision == candidate.unit.revision:
        found.append(f"{stack} went back from {held.revision[:12]} before: {held.reason}")
    if candidate.target.promotion.approval and not candidate.resumed:
        approval = noted(Approval, candidate.noted)
        if approval is None or approval.digest != candidate.unit.digest:
            found.append(f"nobody has approved {candidate.unit.digest} for {stack}")
    _, applications = stated_applications(candidate.target.at(candidate.unit.revision))
    held_now = holding(candidate.target, datetime.now(UTC), manual=True)(applications)
    return (*found, *(f"application {item.application}: {item.what}" for item in held_now))


def approve(candidate: Candidate, project: Path) -> Approval:
    """Note that this user approves exactly what the target would get."""
    approval = Approval(candidate.unit.digest, whoami(), _now())
    note(candidate.target.stack, project, approval)
    return approval


def promote(
    candidate: Candidate,
    project: Path,
    *,
    reason: str = "",
    on_step: Callable[[str], None] = lambda _: None,
) -> Promoted:
    """Let the target follow the unit's revision, deploy and verify it; on failure, go back and hold it.

    May be killed at any moment: the next one goes on, since the stack has noted what was begun.

    Raises:
        ConflictError: another promotion to this stack is under way.
        AccessError: something can't be reached; the promotion stays begun.
        GitOpsError: nothing was begun.
    """
    target, unit = candidate.target, candidate.unit
    move = _begun(candidate, project)
    why = f"hotfix: {reason}" if reason else f"promoted from {candidate.source}"
    _follow(target.stack, project, unit.revision, f"Promote {unit.revision[:12]} to {target.stack}", on_step)
    failure, checks = _deployed(target.at(unit.revision), project, why, on_step)
    returned = ""
    if failure:
        on_step(f"{unit.revision[:12]} is no good: {failure}")
        _follow(
            target.stack, project, move.before, f"Take {target.stack} back to {move.before[:12]}", on_step
        )
        again, _ = _deployed(target.at(move.before), project, failure, on_step, checked=False)
        returned = "" if again else move.before
        failure = f"{failure}; and {move.before[:12]} did not come back: {again}" if again else failure
        note(target.stack, project, Setback(unit.revision, failure))
    forget(Move, target.stack, project)
    return Promoted(unit, candidate.source, target.stack, failure, returned, checks)


def _begun(candidate: Candidate, project: Path) -> Move:
    target, unit = candidate.target, candidate.unit
    with _alone(project):
        move = noted(Move, tags(target.stack, project))
        if move is None:
            # a branch would bring back what is newest, not what ran
            before = candidate.running or target.repository.revision
            move = Move(unit.revision, before, candidate.source, whoami(), _now())
            note(target.stack, project, move)
    if move.revision != unit.revision:
        raise ConflictError(
            f"{move.by} is promoting {move.revision[:12]} to {target.stack} since {move.started}",
            next_step="wait for it; if it was killed, run gitops promote again and it goes on",
        )
    return move


def _follow(stack: str, project: Path, revision: str, message: str, on_step: Callable[[str], None]) -> None:
    pin(stack, project, revision)
    commit = commit_file(project, f"Pulumi.{stack}.yaml", message)
    on_step(f"{stack} follows {revision[:12]} from now on" + (f", by commit {commit[:12]}" if commit else ""))


@contextmanager
def _alone(project: Path) -> Iterator[None]:
    """No other promotion from this folder begins meanwhile; the lock ends with the process."""
    folder = os.open(project, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


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


def _candidate(
    revision: str, source: str, target: Settings, project: Path, notes: Mapping[str, str]
) -> Candidate:
    begun = noted(Move, notes)
    running = begun.before if begun else _running(target.stack, project, history(target.stack, project))
    before = rendered(target.at(running))[1] if running else ()
    sha, after = rendered(target.at(revision))
    return Candidate(unit_of(sha, after), source, target, running, before, after, notes)


def _running(stack: str, project: Path, deployments: Sequence[Deployment]) -> str:
    """The commit that a stack ran last without a failure; "" when it never did, or was destroyed since.

    After a bare `pulumi up`, whose history has no commit, the stack's output tells it.
    """
    good = [item for item in deployments if item.outcome == SUCCEEDED and item.kind != "refresh"]
    if not good or good[0].kind == "destroy":
        return ""
    return good[0].revision or told(stack, project, "stack", "output", "revision").strip()


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
