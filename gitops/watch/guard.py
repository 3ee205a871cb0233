"""Whether the loop may write: not while somebody else runs the engine, nor before it knows what that one did."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gitops.engine.locks import Backend


class Guard:
    """The stack's lock and state, as they are in files; without those nobody else is seen.

    Attributes:
        changed: told once when the state was written by somebody else.
    """

    def __init__(self, backend: Backend | None, changed: Callable[[str], None]) -> None:
        self.backend = backend
        self._changed = changed
        self._lock = threading.Lock()
        self._running = False
        self._stamp = backend.stamp() if backend else ()
        self._told = False

    @contextmanager
    def own_run(self) -> Iterator[None]:
        """A run of ours: its lock and what it writes are no surprise."""
        self._running = True
        try:
            yield
        finally:
            self._accept(self.backend.stamp() if self.backend else ())
            self._running = False

    @property
    def is_running(self) -> bool:
        """Whether the engine runs for us."""
        return self._running

    @contextmanager
    def looking(self) -> Iterator[None]:
        """A look at the state: as it was when that began, it is known when it ends well."""
        stamp = self.backend.stamp() if self.backend else ()
        yield
        self._accept(stamp)

    def _accept(self, stamp: tuple[int, ...]) -> None:
        with self._lock:
            self._stamp, self._told = stamp, False

    @property
    def is_surprised(self) -> bool:
        """Whether the state is not as it was left or last looked at."""
        return self.backend is not None and not self._running and self.backend.stamp() != self._stamp

    def blocked(self) -> str:
        """Why nothing may be written to the cluster now, or ""."""
        if self._running or self.backend is None:
            return ""
        holders = self.backend.holders()
        if holders:
            return f"{holders[0]} is at work on the stack"
        if not self.is_surprised:
            return ""
        why = "another run has changed the stack"
        with self._lock:
            first, self._told = not self._told, True
        if first:
            self._changed(why)
        return why
