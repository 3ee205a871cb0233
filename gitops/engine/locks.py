"""Who holds a stack, as the engine's lock tells it, and whether that one still runs.

The format is that of the engine's own backends ("DIY"): a JSON file for each holder below
`.pulumi/locks/organization/<project>/<stack>/`, with `pid`, `username`, `hostname` and `timestamp`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gitops.model.errors import ConflictError, GitOpsError
from gitops.model.process import has_ended

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROJECT = "gitops"
_SMALL_FILE = 64 * 1024  # bytes
_TOLD = re.compile(r"created by (\S+)@(\S+) \(pid (\d+)\) at (\S+)")
_REFUSED = re.compile(r"\b409\b|[Aa]nother update is currently in progress")
_URL = re.compile(r"^\s+url:\s*(\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that holds a stack's lock."""

    user: str
    host: str
    pid: int
    since: str

    @property
    def is_gone(self) -> bool:
        """Whether it ran on this machine and no longer does; of other machines nobody here can tell."""
        return has_ended(self.host, self.pid)

    def __str__(self) -> str:
        return f"{self.user}@{self.host} (process {self.pid}, since {self.since})"


def holders_in(text: str) -> tuple[Holder, ...]:
    """The holders that a message of the engine names."""
    return tuple(Holder(user, host, int(pid), since) for user, host, pid, since in _TOLD.findall(text))


def conflict(stack: str, told: str) -> ConflictError:
    """The error that others hold the stack, with what to do about it, out of what the engine printed.

    A backend of files or a bucket names the holders; of a service's answer the line that says so is kept.
    """
    holders = holders_in(told)
    refusals = [
        line.partition("error: ")[2] or line.strip() for line in told.splitlines() if _REFUSED.search(line)
    ]
    who = f": {', '.join(map(str, holders))}" if holders else "".join(f": {line}" for line in refusals[:1])
    if holders and all(holder.is_gone for holder in holders):
        return ConflictError(
            f"the lock of stack {stack!r} is left over from a run that was killed{who}",
            next_step=f"clear it: pulumi cancel --yes --stack {stack}",
            left_over=True,
        )
    return ConflictError(
        f"another run holds the lock of stack {stack!r}{who}",
        next_step=f"wait for it; if it was killed: pulumi cancel --yes --stack {stack}",
    )


@dataclass(frozen=True, slots=True)
class Backend:
    """Where a stack's state and lock are files of this machine."""

    stack: str
    folder: Path

    def holders(self) -> tuple[Holder, ...]:
        """Who holds the stack now."""
        place = self.folder / ".pulumi" / "locks" / "organization" / _PROJECT / self.stack
        return tuple(holder for file in sorted(place.glob("*.json")) if (holder := _holder(file)))

    def stamp(self) -> tuple[int, ...]:
        """What changes whenever the state is written; empty while there is none."""
        for suffix in (".json", ".json.gz", ".json.zst"):
            try:
                found = (self.folder / ".pulumi" / "stacks" / _PROJECT / f"{self.stack}{suffix}").stat()
            except OSError:
                continue
            return found.st_mtime_ns, found.st_size, found.st_ino
        return ()

    def is_full(self) -> bool:
        """Whether the disk has no room for a small file; a folder that is not there yet is not full."""
        try:
            return shutil.disk_usage(self.folder).free < _SMALL_FILE
        except OSError:
            return False


def backend(stack: str, project: Path, environment: Mapping[str, str] = os.environ) -> Backend | None:
    """The stack's files; None where the state is kept by a service or in a bucket."""
    url = environment.get("PULUMI_BACKEND_URL") or _of_project(project) or _logged_in(environment)
    if not url.startswith("file://"):
        return None
    path = url.removeprefix("file://").partition("?")[0]
    return Backend(stack, (project / Path(path).expanduser()).resolve())


def clear(stack: str, project: Path) -> None:
    """Take the stack's lock away, whoever holds it.

    Raises:
        GitOpsError: the engine can't.
    """
    command = ["pulumi", "cancel", "--yes", "--non-interactive", "--stack", stack]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    if done.returncode:
        raise GitOpsError(f"the lock of stack {stack!r} can't be cleared: {' '.join(done.stderr.split())}")


def _holder(file: Path) -> Holder | None:
    try:
        told = json.loads(file.read_bytes())
        return Holder(str(told["username"]), str(told["hostname"]), int(told["pid"]), str(told["timestamp"]))
    except FileNotFoundError:  # it has just been released
        return None
    except (OSError, ValueError, TypeError, KeyError):
        return Holder("somebody", "an unknown machine", 0, "an unknown time")


def _of_project(project: Path) -> str:
    try:
        text = (project / "Pulumi.yaml").read_text()
    except OSError:
        return ""
    section = re.search(r"^backend:\s*\n((?:[ \t]+.*\n?)+)", text, re.MULTILINE)
    found = _URL.search(section[1]) if section else None
    return found[1].strip("'\"") if found else ""


def _logged_in(environment: Mapping[str, str]) -> str:
    home = Path(environment.get("PULUMI_HOME") or Path.home() / ".pulumi")
    try:
        return str(json.loads((home / "credentials.json").read_bytes()).get("current") or "")
    except (OSError, ValueError, AttributeError):
        return ""
