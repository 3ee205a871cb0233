"""The demo: programs → clusters → repository → both stacks, each step timed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gitops.model.errors import ConfigError, GitOpsError
from sandbox.console import Console, span
from sandbox.controlplane.clusters import start
from sandbox.controlplane.layout import Home
from sandbox.deploy import deploy
from sandbox.repository import MODULES, create_repository
from sandbox.sealing import sealed_files
from sandbox.toolchain import KWOK_MODULE, assemble, cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.controlplane.values import Sandbox
    from sandbox.toolchain import Modules

CHECKOUT = Path(__file__).resolve().parent.parent
DEFAULT_HOME = Home.at(CHECKOUT / ".sandbox")
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
    with timed(console, "clusters"), console.during("starting clusters"):
        sandbox = start(home, names, kwok_module=modules.folder(KWOK_MODULE), say=console.say)
    without_engine_log(home.pulumi_home)
    if with_repository:
        with timed(console, "repository"), console.during("making the repository"):
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
    """The demo's Git repository, with the definitions that other projects publish and secrets of its own."""
    return create_repository(
        home.repository, modules=modules.folders(MODULES), more=sealed_files(home, STACKS)
    )


def run_demo(home: Home, console: Console) -> None:
    """Everything from nothing to two deployed stacks and their tables.

    Raises:
        ConfigError: the stacks of this checkout belong to another home.
        GitOpsError: a step failed; the message says which and what to do.
    """
    if home != DEFAULT_HOME:
        raise ConfigError(
            f"the demo's stacks are at home in {DEFAULT_HOME.root}, as Pulumi.{STACKS[0]}.yaml says",
            next_step="run `python -m sandbox up` for other folders, `python -m sandbox demo` without --home",
        )
    environment = bring_up(home, console).environment()
    home.state.mkdir(parents=True, exist_ok=True)
    for stack in STACKS:
        with timed(console, f"stack {stack}"):
            deploy(stack, CHECKOUT, environment, home.deployment_log(stack), console)
    for stack in STACKS:
        print(f"\n{stack}", flush=True)
        table = [sys.executable, "-m", "gitops.cli.main", "app", "list", "--stack", stack, "--exit-code"]
        if code := subprocess.run(table, cwd=CHECKOUT, env=environment, check=False).returncode:
            raise GitOpsError(
                f"`gitops app list --stack {stack}` ended with {code}",
                next_step=f"if something differs: `make shell`, then `pulumi up --refresh --stack {stack}`",
            )


@contextmanager
def timed(console: Console, what: str) -> Iterator[None]:
    """Say how long a step took."""
    began = time.monotonic()
    yield
    console.say(f"{what}: {span(time.monotonic() - began)}")
