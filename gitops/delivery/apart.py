"""Work in processes of their own: what the engine's SDK keeps of each run goes with them, and a failure stays there.

A process is forked from one that has done nothing but import, so that no work waits for imports.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import threading
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from multiprocessing import connection
from typing import TYPE_CHECKING, NamedTuple

from gitops.model.errors import AccessError, ConflictError, GitOpsError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

_PRELOADED = ("gitops.delivery.sync", "components.program")
_KINDS: tuple[type[GitOpsError], ...] = (ConflictError, AccessError, RefusedError)
# A socket's path has 103 characters at most on every system, and the name below the folder takes 33 of them.
_LONGEST_FOLDER = 70
at_work = threading.Lock()
"""Held by what has to be done to its end also when the process that asked for it was killed."""


class Failure(NamedTuple):
    """An error on its way between processes: the place of its class among those that matter, and its text."""

    kind: int
    text: str
    left_over: bool = False


def pool(most: int, preloaded: Sequence[str], *, bound: bool = False) -> ProcessPoolExecutor:
    """Processes for as many pieces of work at once, a new one for each.

    When this process is killed they end: `bound` ones at once, others when what holds `at_work` is done.
    """
    context = multiprocessing.get_context(start_method(tempfile.gettempdir()))
    context.set_forkserver_preload([*preloaded, *_PRELOADED])
    return ProcessPoolExecutor(
        most, context, initializer=_end_with_parent, initargs=(bound,), max_tasks_per_child=1
    )


def failure_of(error: GitOpsError) -> Failure:
    """An error as a value, since not every error can travel."""
    place = next((i for i, kind in enumerate(_KINDS) if isinstance(error, kind)), -1)
    return Failure(place, str(error), getattr(error, "left_over", False))


def error_of(failure: Failure) -> GitOpsError:
    """And back."""
    if failure.left_over:
        return ConflictError(failure.text, left_over=True)
    return (_KINDS[failure.kind] if failure.kind >= 0 else GitOpsError)(failure.text)


def start_method(folder: str) -> str:
    """How processes are started where `folder` is for temporary files.

    A server that forks listens there, on a socket; where its path would be too long, each process is started anew.
    """
    return "forkserver" if len(folder) <= _LONGEST_FOLDER else "spawn"


def _end_with_parent(bound: bool) -> None:
    """Nobody would hear what the work came to once the process that asked for it was killed."""
    parent = multiprocessing.parent_process()
    if parent:
        threading.Thread(target=_watch, args=(parent.sentinel, bound), daemon=True).start()


def _watch(sentinel: int, bound: bool) -> None:
    connection.wait([sentinel])
    with nullcontext() if bound else at_work:
        os._exit(1)
