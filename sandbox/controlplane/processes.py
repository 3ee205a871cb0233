"""Processes that outlive the command that started them, and that are told apart from strangers.

A process id alone is not an identity, since ids are given out again. Together with the moment the process
started it is one, so a signal is only ever sent when both agree.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

_INHERITED = ("PATH", "HOME", "TMPDIR", "LANG", "TZ")


@dataclass(frozen=True, slots=True)
class Process:
    """A process this sandbox started.

    Attributes:
        pid: its number.
        started: what the system says about the moment of its start; compared, never read.
        command: its argument list.
    """

    pid: int
    started: str
    command: tuple[str, ...]

    def alive(self) -> bool:
        """Tell whether this very process still runs; a zombie does not."""
        return birth(self.pid) == self.started != ""

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if the process still is the one that was started."""
        if self.alive():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def birth(pid: int) -> str:
    """Give a mark of the moment a process started, or "" when there is no such live process.

    Linux: boot id and field 22 of `/proc/PID/stat`; elsewhere: `ps -o lstart`.
    """
    if Path("/proc/self/stat").exists():
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            return "" if fields[0] in "ZX" else f"{_boot()}/{fields[19]}"
        except (OSError, IndexError):
            return ""
    shown = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return "" if not shown or shown.startswith("Z") else shown.split(maxsplit=1)[1]


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def spawn(command: Sequence[str], *, log: Path, folder: Path) -> Process:
    """Start a process in a session of its own, its output appended to the log.

    Raises:
        OSError: the program can't be started.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={name: os.environ[name] for name in _INHERITED if name in os.environ},
            start_new_session=True,
        )
    child.returncode = 0  # it is meant to outlive this object: no warning about that when it is collected
    return Process(child.pid, birth(child.pid), tuple(command))


def running_in(folder: Path, programs: Collection[str]) -> Iterator[tuple[str, Process]]:
    """Yield this user's processes of the given program names whose arguments name the folder.

    A command that was killed between starting a process and writing that down leaves one that no record knows.
    Nothing is found where the system has no `/proc`.
    """
    mark = f"={folder}/".encode()  # with its `=`, since the folder may be the end of another one
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (entry / "cmdline").read_bytes().split(b"\0")[:-1]
            mine = entry.stat().st_uid == os.getuid()
        except OSError:
            continue
        if mine and arguments and any(mark in argument for argument in arguments[1:]):
            command = tuple(argument.decode(errors="replace") for argument in arguments)
            program = next((name for name in _names(command) if name in programs), None)
            if program:
                pid = int(entry.name)
                yield program, Process(pid, birth(pid), command)


def _names(command: Sequence[str]) -> list[str]:
    """What a process may be known as: of a Python module, also as the program that it is about to become."""
    module = command[2].rpartition(".")[2:] if command[1:2] == ("-m",) and command[2:] else ()
    words = command if module else command[:1]
    return [*module, *(Path(word).name for word in words)]


def terminate(processes: Iterable[Process], *, patience: float = 15) -> None:
    """Ask the processes to end and wait until they are gone; after `patience` seconds they are killed."""
    waiting = [process for process in processes if process.alive()]
    for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
        for process in waiting:
            process.send(number)
        deadline = time.monotonic() + seconds
        while waiting and time.monotonic() < deadline:
            time.sleep(0.02)
            waiting = [process for process in waiting if process.alive()]
            reap(waiting)


def reap(processes: Iterable[Process]) -> None:
    """Collect the exit status of ended children of this very process, so that none stays a zombie."""
    for process in processes:
        with suppress(ChildProcessError):
            os.waitpid(process.pid, os.WNOHANG)
