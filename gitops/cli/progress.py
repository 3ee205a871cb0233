"""How far a run is, on stderr: one line that changes at a terminal, lines that stay elsewhere."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from gitops.cli.color import painted
from gitops.report.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from gitops.engine.progress import Step
    from gitops.model.plan import Plan

_AT_TERMINAL, _ELSEWHERE = 0.5, 10.0
_CLEAR = "\r\x1b[K"


class Shown:
    """Tells a person of one run; safe to call from any thread."""

    def __init__(
        self, progress: Progress, write: Callable[[str], object], *, live: bool, color: bool = False
    ) -> None:
        self._progress, self._write, self._live, self._color = progress, write, live, color
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._said = ""

    def step(self, step: Step) -> None:
        """Something happened to a resource."""
        with self._lock:
            line = ""
            match step.what:
                case "begun":
                    self._progress.begins(step.name)
                case "told":
                    self._progress.told(step.name, step.text)
                case "warned":
                    line = self._progress.warning(step.name, step.text)
                case _:
                    line = self._progress.ends(step.name, well=step.what == "done")
            if line:
                self._print(line)

    def tick(self) -> None:
        """Time has gone by: say what is waited for, elsewhere than at a terminal only when that has changed."""
        with self._lock:
            waiting = self._progress.waiting()
            if self._live:
                width = shutil.get_terminal_size().columns - 1
                self._write(_CLEAR + f"{self._progress.count} {self._seconds} s  {waiting}"[:width])
            elif waiting and waiting != self._said:
                self._said = waiting
                self._print(f"{self._progress.count} {waiting}")

    def end(self) -> None:
        """Leave the terminal as it was."""
        with self._lock:
            self._write(self._cleared)

    @property
    def _cleared(self) -> str:
        return _CLEAR if self._live else ""

    @property
    def _seconds(self) -> str:
        return f"{time.monotonic() - self._began:5.1f}"

    def _print(self, line: str) -> None:
        self._write(f"{self._cleared}{self._seconds} s  {painted(line) if self._color else line}\n")


@contextmanager
def shown(
    plan: Plan, names: Collection[str] = (), *, wanted: bool = True
) -> Iterator[Callable[[Step], None] | None]:
    """What is told the steps of a run of these applications, or of all, until it ends; None when nobody wants it."""
    if not wanted:
        yield None
        return
    live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    color = click.get_current_context().color
    told = Shown(Progress(plan, names), _write, live=live, color=live if color is None else color)
    over = threading.Event()

    def tick() -> None:
        while not over.wait(_AT_TERMINAL if live else _ELSEWHERE):
            told.tick()

    ticking = threading.Thread(target=tick, name="progress", daemon=True)
    ticking.start()
    try:
        yield told.step
    finally:
        over.set()
        ticking.join()
        told.end()


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
