"""The engine's processes of this one, told to end as by Ctrl-C: they write their state before they do."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path


def interrupt() -> int:
    """Tell every engine that this process has started; gives how many there were. Only Linux says which."""
    told = 0
    for file in Path("/proc/self/task").glob("*/children"):
        for pid in _numbers(file):
            with suppress(OSError):
                if Path(f"/proc/{pid}/comm").read_text().strip() == "pulumi":
                    os.kill(pid, signal.SIGINT)
                    told += 1
    return told


def _numbers(file: Path) -> list[int]:
    try:
        return [int(text) for text in file.read_text().split()]
    except OSError:
        return []
