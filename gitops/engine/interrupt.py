"""The engine's processes below this one, told to end as by Ctrl-C: they write their state before they do."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path


def interrupt() -> int:
    """Tell every engine that this process or one of its children has started; gives how many there were.

    Only Linux says which these are.
    """
    told, below = 0, {os.getpid()}
    programs = sorted(found for file in Path("/proc").glob("[0-9]*/stat") if (found := _program(file)))
    while fresh := {pid for pid, parent, _ in programs if parent in below} - below:
        below |= fresh
    for pid, _, name in programs:
        if pid in below and name == "pulumi":
            with suppress(OSError):
                os.kill(pid, signal.SIGINT)
                told += 1
    return told


def _program(file: Path) -> tuple[int, int, str] | None:
    """A process's number, that of its parent, and its name."""
    try:
        head, _, rest = file.read_text(errors="replace").rpartition(")")
        number, _, name = head.partition(" (")
        return int(number), int(rest.split()[1]), name
    except (OSError, ValueError, IndexError):
        return None
