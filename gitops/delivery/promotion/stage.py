"""A promotion to every stack of a stage: group after group, some stacks at once, until too many have failed."""

from __future__ import annotations

import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from gitops.delivery.apart import Failure, failure_of, pool
from gitops.delivery.promotion.notes import forget, now
from gitops.delivery.promotion.promote import alone, begin, follow, promote
from gitops.model.errors import GitOpsError
from gitops.model.promotion import BAD, Move, Share, StagePromoted, Taking
from gitops.source.stackfile import stack_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from gitops.delivery.promotion.look import Candidate
    from gitops.model.promotion import Promoted
    from gitops.model.settings import Settings


class Job(NamedTuple):
    """The promotion to one stack, on its way to a process of its own."""

    candidate: Candidate
    project: Path
    reason: str
    say: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """A stack of the stage: what it would get, and what stands against that."""

    candidate: Candidate
    objections: tuple[str, ...] = ()

    @property
    def stack(self) -> str:
        """Its name."""
        return self.candidate.target.stack


def tolerance(group: Sequence[Settings]) -> int:
    """How many stacks of a group may fail: the smallest number that one of them states; 0 when none does.

    Per cent are of the group, rounded down, as Kubernetes rounds what may be unavailable.
    """
    stated = [target.promotion.max_unavailable for target in group if target.promotion.max_unavailable]
    return min(
        (int(text[:-1]) * len(group) // 100 if text.endswith("%") else int(text) for text in stated),
        default=0,
    )


def promote_stage(
    stage: str,
    asked: Sequence[Asked],
    project: Path,
    take: Callable[[Candidate], Promoted | Failure],
    *,
    parallel: int,
    on_step: Callable[[str], None] = lambda _: None,
) -> StagePromoted:
    """Promote to every stack of a stage; `asked` is in order, `take` does the promotion to one stack.

    All stacks note first what was begun, so that a promotion that is killed goes on with the same revision. Each
    group is pinned in one commit. A stack that fails goes back by itself; when more of its group have failed than
    may, no other one is begun, and what was pinned for those is taken back.

    Raises:
        ConflictError: another promotion to the stage is under way, or one to a stack of it.
        GitOpsError: nothing was begun.
    """
    first = asked[0].candidate
    with alone(first.target, f"stage-{stage}"):
        going = [item for item in asked if not item.objections and not item.candidate.is_done]
        begun = _begun(going, project, parallel)
        shares: list[Share] = []
        stopped = None
        for number, members in groupby(asked, key=lambda item: item.candidate.target.promotion.group):
            group = list(members)
            if stopped is None:
                on_step(f"group {number}: {', '.join(item.stack for item in group)}")
                found, well = _promoted(group, project, take, parallel, on_step)
                stopped = None if well else number
            else:
                found = [_unreached(item) for item in group]
            shares += found
        left = [share.stack for share in shares if share.taking is Taking.NOT_REACHED]
        _let_go({stack: begun[stack] for stack in left if stack in begun}, project, on_step)
    return StagePromoted(first.source, stage, first.unit.revision, tuple(shares), stopped)


def planned(stage: str, asked: Sequence[Asked]) -> StagePromoted:
    """The promotion of which nothing was done."""
    first = asked[0].candidate
    shares = tuple(_settled(item) or _unreached(item) for item in asked)
    return StagePromoted(first.source, stage, first.unit.revision, shares)


@contextmanager
def in_processes(
    project: Path, reason: str, say: Callable[[str], None], parallel: int
) -> Iterator[Callable[[Candidate], Promoted | Failure]]:
    """What promotes to one stack in a process of its own; `say` is a function that another process can find."""
    processes = pool(parallel, [__name__], bound=True)

    def take(candidate: Candidate) -> Promoted | Failure:
        alone = replace(candidate, before=(), after=())
        try:
            return processes.submit(promote_apart, Job(alone, project, reason, say)).result()
        except BrokenProcessPool:
            return Failure(-1, "the promotion was ended from outside; it goes on when it is run again")

    try:
        yield take
    finally:
        processes.shutdown(wait=True, cancel_futures=True)


def promote_apart(job: Job) -> Promoted | Failure:
    """What the process does."""
    try:
        return promote(job.candidate, job.project, reason=job.reason, on_step=job.say)
    except GitOpsError as error:
        return failure_of(error)


def _begun(going: Sequence[Asked], project: Path, parallel: int) -> dict[str, Move]:
    """Note with all stacks that they are promoted to; with all or with none."""

    def attempt(item: Asked) -> Move | GitOpsError:
        try:
            return begin(item.candidate, project)
        except GitOpsError as error:
            return error

    with ThreadPoolExecutor(parallel) as threads:
        found = dict(zip((item.stack for item in going), threads.map(attempt, going), strict=True))
    wrong = [error for error in found.values() if isinstance(error, GitOpsError)]
    moves = {stack: move for stack, move in found.items() if isinstance(move, Move)}
    if wrong:
        for item in going:
            if item.stack in moves and not item.candidate.resumed:
                forget(item.stack, project)
        raise wrong[0]
    return moves


def _promoted(
    group: Sequence[Asked],
    project: Path,
    take: Callable[[Candidate], Promoted | Failure],
    parallel: int,
    on_step: Callable[[str], None],
) -> tuple[list[Share], bool]:
    """How the stacks of a group took it, in their order, and whether no more have failed than may."""
    limit = tolerance([item.candidate.target for item in group])
    shares = {item.stack: share for item in group if (share := _settled(item))}
    waiting = [item for item in group if item.stack not in shares]
    if _failed(shares) <= limit and waiting:
        revision = waiting[0].candidate.unit.revision
        follow({item.stack: revision for item in waiting}, project, f"Promote {revision[:12]} to", on_step)
    running: dict[Future[Share], str] = {}
    with ThreadPoolExecutor(parallel) as threads:
        while waiting or running:
            while waiting and len(running) < parallel and _failed(shares) <= limit:
                item = waiting.pop(0)
                running[threads.submit(_taken, item, take)] = item.stack
            if not running:
                break
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                shares[running.pop(future)] = future.result()
    shares |= {item.stack: _unreached(item) for item in waiting}
    return [shares[item.stack] for item in group], _failed(shares) <= limit


def _taken(asked: Asked, take: Callable[[Candidate], Promoted | Failure]) -> Share:
    started, began = now(), time.monotonic()
    result = take(asked.candidate)
    seconds = round(time.monotonic() - began, 1)
    if isinstance(result, Failure):
        reason, returned = result.text.splitlines()[0], ""
    else:
        reason, returned = result.failure, result.returned
    taking = Taking.FAILED if reason else Taking.PROMOTED
    return replace(
        _unreached(asked), taking=taking, reason=reason, returned=returned, started=started, seconds=seconds
    )


def _settled(asked: Asked) -> Share | None:
    """The share of a stack that is not promoted to; None of one that is."""
    share = _unreached(asked)
    if asked.objections:
        return replace(share, taking=Taking.REFUSED, reason="; ".join(asked.objections))
    return replace(share, taking=Taking.UNCHANGED) if asked.candidate.is_done else None


def _unreached(asked: Asked) -> Share:
    candidate = asked.candidate
    return Share(asked.stack, candidate.target.promotion.group, candidate.unit, Taking.NOT_REACHED)


def _failed(shares: dict[str, Share]) -> int:
    return sum(share.taking in BAD for share in shares.values())


def _let_go(moves: dict[str, Move], project: Path, on_step: Callable[[str], None]) -> None:
    """Let stacks that were not reached follow again what they did, and forget that anything was begun."""
    pinned = {
        stack: move.before
        for stack, move in moves.items()
        if str(stack_values(stack, project).get("revision", "")) == move.revision
    }
    if pinned:
        follow(pinned, project, "Leave alone, since others have failed:", on_step)
    for stack in moves:
        forget(stack, project)
