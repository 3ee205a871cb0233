"""A sync in a process of its own: what the engine's SDK keeps of each run goes with it.

The process is forked from one that has done nothing but import, so that a sync does not wait for imports.
"""

from __future__ import annotations

import multiprocessing
import signal
import tempfile
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, NamedTuple

from gitops.model.errors import AccessError, ConflictError, GitOpsError, RefusedError

if TYPE_CHECKING:
    from gitops.delivery.sync import Prepared
    from gitops.model.synced import Synced

_PRELOADED = ["gitops.watch.worker", "gitops.delivery.sync", "components.program"]
_KINDS: tuple[type[GitOpsError], ...] = (ConflictError, AccessError, RefusedError)


# A socket's path has 103 characters at most on every system, and the name below the folder takes 33 of them.
_LONGEST_FOLDER = 70


class Job(NamedTuple):
    """A sync to do: of everything, or of the applications that are named."""

    prepared: Prepared
    names: frozenset[str] | None
    refresh: bool
    by: str


class Failure(NamedTuple):
    """An error on its way between processes: the place of its class among those that matter here, and its text."""

    kind: int
    text: str


class Worker:
    """Does one job after another, each in a new process."""

    def __init__(self) -> None:
        self._pool = _pool()

    def do(self, job: Job) -> Synced:
        """The result of a job.

        Raises:
            GitOpsError: nothing could be synced at all, or the process was ended from outside.
        """
        try:
            result = self._pool.submit(run, job).result()
        except BrokenProcessPool:
            self._pool.shutdown()
            self._pool = _pool()
            raise GitOpsError("the sync was ended from outside", next_step="it is tried again") from None
        if isinstance(result, Failure):
            raise (_KINDS[result.kind] if result.kind >= 0 else GitOpsError)(result.text)
        return result

    def close(self) -> None:
        """End."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def run(job: Job) -> Synced | Failure:
    """What the process does; an error becomes a value, since not every error can travel."""
    from gitops.delivery.sync import carry_out, carry_out_changes

    # Ctrl-C is for the engine, which ends in good order; a handler is not inherited by programs, ignoring is
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        if job.names is not None:
            return carry_out_changes(job.prepared, job.names, by=job.by)
        return carry_out(job.prepared, refresh=job.refresh, by=job.by)
    except GitOpsError as error:
        kind = next((i for i, kind in enumerate(_KINDS) if isinstance(error, kind)), -1)
        return Failure(kind, str(error))


def start_method(folder: str) -> str:
    """How processes are started where `folder` is for temporary files.

    A server that forks listens there, on a socket; where its path would be too long, each process is started anew.
    """
    return "forkserver" if len(folder) <= _LONGEST_FOLDER else "spawn"


def _pool() -> ProcessPoolExecutor:
    context = multiprocessing.get_context(start_method(tempfile.gettempdir()))
    context.set_forkserver_preload(_PRELOADED)
    return ProcessPoolExecutor(1, context, max_tasks_per_child=1)
