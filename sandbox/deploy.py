"""One deployment of one stack with the real command line, told in a few lines."""

from __future__ import annotations

import json
import os
import subprocess
import time
from typing import TYPE_CHECKING, Any

from gitops.model.errors import GitOpsError
from sandbox.progress import Progress, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sandbox.console import Console

_EVERY = 2.0
"""Seconds between two lines about what goes on, where there is no terminal."""


def deploy(stack: str, project: Path, environment: Mapping[str, str], log: Path, console: Console) -> None:
    """Run `pulumi up`: waves as they pass, errors in full, and all that the engine says in the log.

    The engine writes to the log by itself, so whatever becomes of this process, it can finish its work.

    Raises:
        GitOpsError: the engine can't be started, or the deployment failed.
    """
    _select(stack, project, environment)
    log.parent.mkdir(parents=True, exist_ok=True)
    console.say(f"deploying stack {stack}; the engine's own words: {log}")
    command = ["pulumi", "up", "--stack", stack, "--yes", "--skip-preview", "--non-interactive", "--json"]
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as output:
        process = subprocess.Popen(
            command, cwd=project, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    progress = Progress()
    try:
        for line in _follow(process, log):
            for news in progress.take(_event(line), time.monotonic()):
                console.say(f"  {news}")
            if not line:
                console.tick(f"  {progress.now()}", every=_EVERY)
    finally:  # an interrupt reaches the engine too, which then writes its state before it ends
        process.wait()
    if process.returncode:
        raise GitOpsError(
            f"`pulumi up --stack {stack}` ended with {process.returncode}; all it said is in {log}",
            next_step="mend what is said above and run it again; `make shell` gives a shell to try things in",
        )
    console.say(f"  {told(progress.done)}")


def _select(stack: str, project: Path, environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        ["pulumi", "stack", "select", "--create", stack, "--non-interactive"],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise GitOpsError(
            f"stack {stack} can't be selected: {done.stderr.strip()}",
            next_step="run it again; `make shell` gives a shell to try things in",
        )


def _follow(process: subprocess.Popen[bytes], log: Path) -> Iterator[str]:
    """Yield each line of the log as it appears, and "" whenever there is nothing new, until the process ends."""
    rest = b""
    with log.open("rb") as stream:
        while True:
            ended = process.poll() is not None
            *lines, rest = (rest + stream.read()).split(b"\n")
            yield from (line.decode(errors="replace") for line in lines if line)
            if ended:
                break
            yield ""
            time.sleep(0.1)
    yield rest.decode(errors="replace")


def _event(line: str) -> dict[str, Any]:
    """What the engine reports; a line that is no event is a warning."""
    try:
        event = json.loads(line)
    except ValueError:
        event = None
    return event if isinstance(event, dict) else {"diagnosticEvent": {"severity": "warning", "message": line}}
