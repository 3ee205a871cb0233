"""A sync in a process of its own: what the engine's SDK keeps of each run goes with it."""

from __future__ import annotations

import signal
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, NamedTuple

from gitops.delivery.apart import Failure, at_work, error_of, failure_of, pool
from gitops.model.errors import GitOpsError

if TYPE_CHECKING:
    from gitops.delivery.sync import Prepared
    from gitops.model.synced import Synced


class Job(NamedTuple):
    """A sync to do: of everything, or of the applications that are named."""

    prepared: Prepared
    names: frozenset[str] | None
    refresh: bool
    by: str


class Worker:
    """Does one job after another, each in a new process."""

    def __init__(self) -> None:
        self._pool = pool(1, ["gitops.watch.worker"])

    def do(self, job: Job) -> Synced:
        """The result of a job.

        Raises:
            GitOpsError: nothing could be synced at all, or the process was ended from outside.
        """
        try:
            result = self._pool.submit(run, job).result()
        except BrokenProcessPool:
            self._pool.shutdown()
            self._pool = pool(1, ["gitops.watch.worker"])
            raise GitOpsError("the sync was ended from outside", next_step="it is tried again") from None
        if isinstance(result, Failure):
            raise error_of(result)
        return result

    def close(self) -> None:
        """End."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def run(job: Job) -> Synced | Failure:
    """What the process does; an error becomes a value, since not every error can travel."""
    with at_work:
        return _done(job)


def _done(job: Job) -> Synced | Failure:
    from gitops.delivery.remediate import remediate
    from gitops.delivery.sync import carry_out, carry_out_changes

    # Ctrl-C is for the engine, which ends in good order; a handler is not inherited by programs, ignoring is
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        if job.names is not None:
            done = carry_out_changes(job.prepared, job.names, by=job.by)
        else:
            done = carry_out(job.prepared, refresh=job.refresh, by=job.by)
        return remediate(job.prepared, done, by=job.by)
    except GitOpsError as error:
        return failure_of(error)
