"""Programs that render: run on a private folder, with nothing of the environment, bounded in time and output."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

TIMEOUT = 60.0
"""Seconds."""
MAX_OUTPUT = 32 * 1024 * 1024
MAX_MEMORY = 4 * 1024 * 1024 * 1024
_LONGEST_MESSAGE = 900
# Where nobody listens: what would fetch something in the middle of a render fails at once.
_NOWHERE = "http://127.0.0.1:9"
OFFLINE = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), _NOWHERE)


@dataclass(frozen=True, slots=True)
class Program:
    """The binary and its first arguments, and what tells one version of it from another."""

    command: tuple[str, ...]
    identity: str


class ProgramError(Exception):
    """It failed, or was ended at a limit; the text is its own, with paths relative to its folder."""


def find(name: str, *arguments: str) -> Program | None:
    """The program of this name on PATH, else None."""
    path = shutil.which(name)
    if path is None:
        return None
    status = Path(path).resolve().stat()
    return Program((path, *arguments), f"{name}:{status.st_size}:{status.st_mtime_ns}")


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for one run: `files` is what the program sees, `home` is where it may write."""
    with tempfile.TemporaryDirectory(prefix="gitops-render-") as name:
        folder = Path(name).resolve()
        for part in ("files", "home"):
            (folder / part).mkdir()
        yield folder


def run(
    program: Program,
    arguments: Sequence[str],
    folder: Path,
    *,
    environment: Mapping[str, str] = OFFLINE,
    sent: bytes = b"",
) -> bytes:
    """What the program prints, run in the `files` of a scratch folder.

    Raises:
        ProgramError: it failed, took too long, or printed too much.
    """
    home, files = str(folder / "home"), folder / "files"
    given, told = folder / "home" / "stdin", folder / "home" / "stderr"
    given.write_bytes(sent)
    surroundings = {"PATH": os.defpath, "HOME": home, "TMPDIR": home, **environment}
    late = threading.Event()
    with given.open("rb") as stdin, told.open("wb") as stderr:
        try:
            process = subprocess.Popen(
                [*program.command, *arguments],
                cwd=files,
                env=surroundings,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )
        except OSError as error:
            message = f"{program.command[0]} can't be started: {error.strerror}"
            raise ProgramError(message) from error

        def end() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(TIMEOUT, end)
        timer.start()
        with process:
            _limit_memory(process.pid)
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            output = process.stdout.read(MAX_OUTPUT + 1)
            if len(output) > MAX_OUTPUT:
                process.kill()
        timer.cancel()
    if late.is_set():
        raise ProgramError(f"it took longer than {TIMEOUT:.0f} s")
    if len(output) > MAX_OUTPUT:
        raise ProgramError(f"it printed more than {MAX_OUTPUT // 1024 // 1024} MiB")
    if process.returncode:
        raise ProgramError(_words(told, files, process.returncode))
    return output


def _limit_memory(process: int) -> None:
    """Bound what the program may allocate, where the system can do that from outside."""
    if sys.platform == "linux":
        import resource

        try:
            resource.prlimit(process, resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
        except (OSError, ValueError):
            return  # it has ended already, or has a lower limit


def _words(told: Path, files: Path, code: int) -> str:
    """The end of what a program said about its failure."""
    with told.open("rb") as file:
        text = file.read(64 * 1024).decode(errors="replace")
    if "fatal error: out of memory" in text or "cannot allocate memory" in text:
        return f"it needs more than {MAX_MEMORY // 1024**3} GiB of memory"
    if code == -signal.SIGXCPU:
        return "it took all the processor time that it may have"
    text = " ".join(text.replace(f"{files}/", "").replace(str(files), ".").split())
    if len(text) > _LONGEST_MESSAGE:
        half = _LONGEST_MESSAGE // 2
        text = f"{text[:half]} … {text[-half:]}"
    return text or (f"it was ended by signal {-code}" if code < 0 else f"it ended with status {code}")
