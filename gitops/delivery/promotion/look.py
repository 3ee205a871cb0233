"""A look at what a promotion would be, before anything is begun: proof, difference, objections."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from gitops.delivery.carried import carried
from gitops.delivery.observe import observe
from gitops.delivery.promotion.notes import forget, noted, without
from gitops.delivery.promotion.proof import (
    against_checks,
    against_return,
    against_run,
    against_soak,
    against_states,
    last_run,
)
from gitops.delivery.promotion.unit import unit_of
from gitops.delivery.verification import verified
from gitops.desired import rendered, stated_applications
from gitops.engine.command import tags, told
from gitops.engine.history import history
from gitops.hold import holding
from gitops.model.deployment import SUCCEEDED
from gitops.model.errors import ConflictError, RefusedError
from gitops.model.promotion import Approval, Move, Setback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from gitops.model.deployment import Deployment
    from gitops.model.manifest import Manifest
    from gitops.model.promotion import Unit
    from gitops.model.settings import Settings

T = TypeVar("T")
R = TypeVar("R")
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Candidate:
    """A promotion to one stack that was looked at and not begun.

    Attributes:
        unit: what the target would get.
        source: the stack that proves it, "" for a hotfix.
        target: the settings of the stack that gets it.
        running: the commit that the target runs, "" when it was never deployed.
        before: what was stated there, and `after`, what will be.
        noted: the target's tags, in which it notes promotions.
        objections: why it may not be.
        resumed: whether it was begun before and not ended.
        stage: the stage that gets it as a whole; "" for the target alone.
        applications: those that are promoted, where it is not all of them; the unit is a commit of its own then.
        left: why the target does not get again what it ran before; "" when it did not.
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
    stage: str = ""
    applications: tuple[str, ...] = ()
    left: str = ""

    @property
    def is_done(self) -> bool:
        """Whether the target runs it already, and follows it."""
        follows = self.target.repository.revision
        return not self.resumed and self.running == follows == self.unit.revision


def look(
    source: Settings,
    targets: Sequence[Settings],
    project: Path,
    on_check: Callable[[str], None] = lambda _: None,
    *,
    stage: str = "",
    applications: Sequence[str] = (),
) -> tuple[Candidate, ...]:
    """Whether what `source` runs may go to each of `targets`, and what that changes there.

    One that was begun and not ended is gone on with: what it promotes was proven then. The stack that wants the
    longest soak decides for all. With `applications` only these have to be proven, and only these go on.

    Raises:
        RefusedError: the source has no deployment that could be promoted, or the applications can't go alone.
        ConflictError: promotions of different revisions were begun to the targets.
        GitOpsError: a repository, cluster or history can't be read.
    """
    notes = _notes(targets, project)
    begun = _begun(notes, stage)
    objections: tuple[str, ...] = ()
    if begun:
        revision, proved_by = _agreed(begun)
    else:
        soak = max(target.promotion.soak for target in targets)
        revision, objections = _proven(source, soak, project, on_check, applications)
        revision = _alone(targets, revision, applications, project)
        proved_by = source.stack

    def candidate(target: Settings) -> Candidate:
        found = _candidate(revision, proved_by, target, project, notes[target.stack])
        mine = replace(found, objections=objections, stage=stage, applications=tuple(applications))
        return replace(mine, resumed=target.stack in begun)

    return _each(candidate, targets)


def hotfix(
    targets: Sequence[Settings],
    revision: str,
    project: Path,
    *,
    stage: str = "",
    applications: Sequence[str] = (),
) -> tuple[Candidate, ...]:
    """A revision that goes to stacks past the one that should have proven it, or only applications of it."""
    revision = _alone(targets, revision, applications, project)
    notes = _notes(targets, project)
    begun = _begun(notes, stage)

    def candidate(target: Settings) -> Candidate:
        found = _candidate(revision, "", target, project, notes[target.stack])
        move = begun.get(target.stack)
        same = move is not None and (move.revision, move.source) == (found.unit.revision, "")
        return replace(found, resumed=same, stage=stage, applications=tuple(applications))

    return _each(candidate, targets)


def refusals(candidate: Candidate) -> tuple[str, ...]:
    """Why the target does not take it: what nobody has proven or approved, and what it went back from before."""
    stack, revision = candidate.target.stack, candidate.unit.revision
    found = list(candidate.objections)
    move = noted(Move, candidate.noted)
    if move and not candidate.resumed:
        found.append(f"{move.by} is promoting {move.revision[:12]} to {stack} since {move.started}")
    if candidate.source and not candidate.resumed:
        held = noted(Setback, candidate.noted, revision)
        if held:
            found.append(f"{stack} went back from {revision[:12]} before: {held.reason}")
        elif candidate.left:
            found.append(candidate.left)
    if candidate.target.promotion.approval and not candidate.resumed:
        approval = noted(Approval, candidate.noted)
        if approval is None or approval.digest != candidate.unit.digest:
            found.append(f"nobody has approved {candidate.unit.digest} for {stack}")
    _, applications = stated_applications(candidate.target.at(revision))
    held_now = holding(candidate.target, datetime.now(UTC), manual=True)(applications)
    return (*found, *(f"application {item.application}: {item.what}" for item in held_now))


def all_refusals(candidates: Sequence[Candidate]) -> tuple[tuple[str, ...], ...]:
    """The refusals of several, a few at once."""
    return _each(refusals, candidates)


def running_revision(stack: str, project: Path, deployments: Sequence[Deployment] | None = None) -> str:
    """The commit that a stack ran last without a failure; "" when it never did, or was destroyed since.

    After a bare `pulumi up`, whose history has no commit, the stack's output tells it.
    """
    known = history(stack, project) if deployments is None else deployments
    good = [item for item in known if item.outcome == SUCCEEDED and item.kind != "refresh"]
    if not good or good[0].kind == "destroy":
        return ""
    return good[0].revision or told(stack, project, "stack", "output", "revision").strip()


def _alone(targets: Sequence[Settings], revision: str, applications: Sequence[str], project: Path) -> str:
    """The commit that has applications as at the revision and all else as the targets run it.

    Without names the revision itself. It is in the cache and nowhere else yet.
    """
    if not applications:
        return revision

    def made(target: Settings) -> str:
        base = running_revision(target.stack, project)
        if not base:
            raise RefusedError(
                f"{target.stack} was never deployed, and can't get {', '.join(applications)} alone",
                next_step="promote everything first",
            )
        title = f"Promote {', '.join(sorted(applications))} of"
        return carried(target.at(base), applications, revision, title, reproducible=True).commit

    commits = set(_each(made, targets))
    if len(commits) > 1:
        raise RefusedError(
            f"{', '.join(target.stack for target in targets)} don't run the same revision",
            next_step="promote the applications to one after the other, or everything to all of them",
        )
    return commits.pop()


def _proven(
    source: Settings,
    soak: float,
    project: Path,
    on_check: Callable[[str], None],
    applications: Sequence[str],
) -> tuple[str, tuple[str, ...]]:
    """What a stack runs, and why it has not proven that."""
    deployments = history(source.stack, project)
    run = last_run(deployments)
    wrong = against_run(source.stack, run)
    if run is None or wrong:
        raise RefusedError(wrong, next_step=f"see it: gitops stack history --stack {source.stack}")
    early = against_soak(source.stack, deployments, soak, datetime.now(UTC))
    revision = running_revision(source.stack, project, deployments)
    deployed = source.at(revision)
    on_check(f"looking at {source.stack}")
    objections = (*filter(None, [early]), *against_states(observe(deployed).of(applications)))
    if not objections:
        on_check(f"running {len(deployed.verification)} checks of {source.stack}")
        objections = against_checks(verified(deployed, project))
    return revision, objections


def _notes(targets: Sequence[Settings], project: Path) -> dict[str, Mapping[str, str]]:
    """The tags of each stack; that a promotion was begun is forgotten where it had gone back when it was killed."""

    def notes(target: Settings) -> Mapping[str, str]:
        found = tags(target.stack, project)
        move = noted(Move, found)
        if move is None or noted(Setback, found, move.revision) is None:
            return found
        forget(target.stack, project)
        return without(Move, found)

    return dict(zip((target.stack for target in targets), _each(notes, targets), strict=True))


def _begun(notes: Mapping[str, Mapping[str, str]], stage: str) -> dict[str, Move]:
    """What was begun and not ended, by stack; for a stage, what was begun for all of it."""
    moves = {stack: noted(Move, told) for stack, told in notes.items()}
    return {stack: move for stack, move in moves.items() if move and (not stage or move.stage == stage)}


def _agreed(begun: Mapping[str, Move]) -> tuple[str, str]:
    """The revision that was begun to be promoted, and what proved it."""
    found = {(move.revision, move.source): stack for stack, move in begun.items()}
    if len(found) > 1:
        each = ", ".join(f"{revision[:12]} to {stack}" for (revision, _), stack in sorted(found.items()))
        raise ConflictError(
            f"promotions of different revisions were begun: {each}",
            next_step="end them one by one: gitops promote STACK, or gitops promote STACK --abort",
        )
    return next(iter(found))


def _candidate(
    revision: str, source: str, target: Settings, project: Path, notes: Mapping[str, str]
) -> Candidate:
    begun = noted(Move, notes)
    deployments = () if begun else history(target.stack, project)
    runs = begun.before if begun else running_revision(target.stack, project, deployments)
    before = rendered(target.at(runs))[1] if runs else ()
    sha, after = rendered(target.at(revision))
    left = against_return(target.stack, deployments, sha)
    return Candidate(unit_of(sha, after), source, target, runs, before, after, notes, left=left)


def _each(do: Callable[[T], R], items: Iterable[T]) -> tuple[R, ...]:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return tuple(pool.map(do, items))
