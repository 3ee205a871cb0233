"""The demo: programs → clusters → repository → both stacks, each step timed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gitops.model.errors import GitOpsError
from sandbox.console import Console, span
from sandbox.controlplane.clusters import start
from sandbox.repository import MODULES, create_repository
from sandbox.toolchain import KWOK_MODULE, assemble, cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sandbox.controlplane.layout import Home
    from sandbox.controlplane.values import Sandbox
    from sandbox.toolchain import Modules

CHECKOUT = Path(__file__).resolve().parent.parent
STACKS = ("staging", "prod")


def bring_up(
    home: Home, console: Console, names: Sequence[str] = STACKS, *, with_repository: bool = True
) -> Sandbox:
    """Programs, clusters and the demo's repository, as far as they are not there already.

    Raises:
        GitOpsError: as the toolchain and the control plane raise them.
    """
    with timed(console, "programs"):
        modules = assemble(home.bin, cache_folder(), console)
    with timed(console, "clusters"):
        sandbox = start(home, names, kwok_module=modules.folder(KWOK_MODULE), say=console.say)
    without_engine_log(home.pulumi_home)
    if with_repository:
        with timed(console, "repository"):
            make_repository(home, modules)
    return sandbox


def without_engine_log(pulumi_home: Path) -> None:
    """Keep the engine from logging every property of every resource into its home.

    It has no switch for that, but goes on without the log when the folder's name is taken by a file. With the
    example's CRDs the log costs four fifths of a run that changes nothing.
    """
    logs = pulumi_home / "logs"
    pulumi_home.mkdir(parents=True, exist_ok=True)
    if logs.is_dir():
        shutil.rmtree(logs)
    logs.touch()


def make_repository(home: Home, modules: Modules) -> str:
    """The demo's Git repository, with the definitions that other projects publish."""
    return create_repository(home.repository, modules=modules.folders(MODULES))


def run_demo(home: Home, console: Console, *, project: Path = CHECKOUT) -> None:
    """Everything from nothing to two deployed stacks and their tables.

    Raises:
        GitOpsError: a step failed; the message says which and what to do.
    """
    sandbox = bring_up(home, console)
    home.state.mkdir(parents=True, exist_ok=True)
    environment = sandbox.environment()
    for stack in STACKS:
        with timed(console, f"stack {stack}"):
            deploy(stack, project, environment)
    for stack in STACKS:
        print(f"\n{stack}", flush=True)
        _run(
            [sys.executable, "-m", "gitops.cli.main", "app", "list", "--stack", stack, "--exit-code"],
            project,
            environment,
        )


def deploy(stack: str, project: Path, environment: Mapping[str, str]) -> None:
    """`pulumi up` with the real command line; its own output is the progress."""
    _run(["pulumi", "stack", "select", "--create", stack, "--non-interactive"], project, environment)
    _run(
        [
            "pulumi",
            "up",
            "--yes",
            "--skip-preview",
            "--suppress-outputs",
            "--stack",
            stack,
            "--non-interactive",
        ],
        project,
        environment,
    )


@contextmanager
def timed(console: Console, what: str) -> Iterator[None]:
    """Say how long a step took."""
    began = time.monotonic()
    yield
    console.say(f"{what}: {span(time.monotonic() - began)}")


def _run(command: list[str], project: Path, environment: Mapping[str, str]) -> None:
    done = subprocess.run(command, cwd=project, env=environment, check=False)
    if done.returncode:
        raise GitOpsError(
            f"`{' '.join(command)}` ended with {done.returncode}",
            next_step="read what it printed above; `make shell` gives a shell to try things in",
        )
