"""What is known about a cluster's ports and processes, kept in one JSON file.

A file that is missing or unreadable means "nothing is known"; what runs is then found by its arguments.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from sandbox.controlplane.processes import Process, running_in, terminate

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


@dataclass(slots=True)
class Record:
    """Ports and processes of one cluster; the one value of this room that changes."""

    file: Path
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, Process] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path) -> Record:
        """Read what is known."""
        try:
            raw = json.loads(file.read_text())
            return cls(
                file,
                {str(name): int(port) for name, port in raw["ports"].items()},
                {
                    str(part): Process(int(p["pid"]), str(p["started"]), tuple(map(str, p["command"])))
                    for part, p in raw["processes"].items()
                },
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls(file)

    def write(self) -> None:
        """Replace the file in one step, so that it is never seen half written."""
        raw = {
            "ports": self.ports,
            "processes": {part: asdict(process) for part, process in self.processes.items()},
        }
        replace(self.file, json.dumps(raw, indent=1) + "\n")

    def adopt(self, programs: Collection[str]) -> None:
        """Take in running processes of this file's folder that were never written down, and end doubles."""
        known = self.running()
        for part, process in running_in(self.file.parent, programs):
            if part not in known:
                known[part] = self.processes[part] = process
            elif process.pid != known[part].pid:
                terminate([process])

    def running(self) -> dict[str, Process]:
        """Give the processes that still run, by part."""
        return {part: process for part, process in self.processes.items() if process.alive()}


def replace(file: Path, text: str) -> bool:
    """Write a private file (mode 0600) in one step and tell so; an equal one is left as it is."""
    try:
        if file.read_text() == text:
            return False
    except (OSError, UnicodeDecodeError):
        pass
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        stream.write(text)
    draft.replace(file)
    return True
