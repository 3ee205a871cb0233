"""Lines for a person who waits: one that moves on a terminal, dated ones in a log."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

EVERY = 15.0
"""Seconds between two lines about long work where there is no terminal."""


def span(seconds: float) -> str:
    """Write a duration the way one says it: `0.4 s`, `12 s`, `3 min 5 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


@dataclass(slots=True)
class Console:
    """Where progress goes; several threads may speak at once."""

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    _live: bool = False
    _told: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, line: str) -> None:
        """Write a line that stays."""
        with self._lock:
            self._clear()
            self.stream.write(f"{line}\n")
            self.stream.flush()
            self._told = time.monotonic()

    def tick(self, line: str, *, every: float = EVERY) -> None:
        """Tell how far the work is; call it as often as you like.

        A terminal shows each line, cut to its width, in place of the one before; elsewhere a dated line is
        written when nothing was for `every` seconds.
        """
        with self._lock:
            if self.stream.isatty():
                self._clear()
                self.stream.write(line[: shutil.get_terminal_size().columns - 1])
                self._live = True
            elif time.monotonic() - self._told >= every:
                self.stream.write(f"{time.strftime('%H:%M:%S')} {line}\n")
                self._told = time.monotonic()
            self.stream.flush()

    @contextmanager
    def during(self, what: str) -> Iterator[None]:
        """Tell every two seconds how long some work takes that says nothing by itself."""
        began, over = time.monotonic(), threading.Event()

        def tell() -> None:
            while not over.wait(1):
                self.tick(f"{what}, {span(time.monotonic() - began)} so far", every=2)

        teller = threading.Thread(target=tell, daemon=True)
        teller.start()
        try:
            yield
        finally:
            over.set()
            teller.join()

    def _clear(self) -> None:
        if self._live:
            self.stream.write("\r\x1b[K")
            self._live = False
