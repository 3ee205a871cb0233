"""The demo: programs → clusters → repository → both stacks, with two canaries in between, each step timed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from gitops.model.errors import AccessError, ConfigError, GitOpsError
from sandbox import canary
from sandbox.console import Console, span
from sandbox.controlplane.clusters import start
from sandbox.controlplane.layout import Home
from sandbox.controlplane.parts import CONTROL_PLANE, DELIVERING, PARTS
from sandbox.controlplane.progressive import PROMETHEUS
from sandbox.deploy import deploy
from sandbox.repository import MODULES, create_repository
from sandbox.sealing import sealed_files
from sandbox.toolchain import KWOK_MODULE, Modules, assemble, cache_folder, golang, prometheus
from sandbox.toolchain.plugin import link

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from sandbox.controlplane.part import Part
    from sandbox.controlplane.values import Sandbox

CHECKOUT = Path(__file__).resolve().parent.parent
DEFAULT_HOME = Home.at(CHECKOUT / ".sandbox")
STACKS = ("staging", "prod")


def bring_up(
    home: Home,
    console: Console,
    names: Sequence[str] = STACKS,
    *,
    with_repository: bool = True,
    parts: Collection[Part] = CONTROL_PLANE,
    instead: Mapping[str, str] = MappingProxyType({}),
) -> Sandbox:
    """Programs, clusters and the demo's repository, as far as they are not there already.

    Args:
        home: where everything is.
        console: told how long it takes.
        names: the clusters.
        with_repository: whether the demo's repository is made.
        parts: what the clusters consist of.
        instead: files by path that take the place of the example's in the repository.

    Raises:
        GitOpsError: as the toolchain and the control plane raise them.
    """
    with timed(console, "programs"):
        modules = assemble(home.bin, cache_folder(), console)
    with timed(console, "clusters"), console.during("starting clusters"):
        kwok = modules.folder(KWOK_MODULE)
        sandbox = start(home, names, kwok_module=kwok, parts=parts, say=console.say)
    without_engine_log(home.pulumi_home)
    if with_repository:
        with timed(console, "repository"), console.during("making the repository"):
            make_repository(home, modules, instead)
    return sandbox


def parts_for_demo(home: Home, console: Console) -> Collection[Part]:
    """What the demo's clusters consist of; a machine that can't have Prometheus measures nothing."""
    try:
        programs = prometheus(cache_folder(), os.environ.get("PATH", os.defpath), console)
    except (ConfigError, AccessError) as error:
        console.say(f"nothing is measured, so no canary is shown: {error}")
        return DELIVERING
    link(home.bin / "prometheus", programs["prometheus"])
    return PARTS


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


def make_repository(home: Home, modules: Modules, instead: Mapping[str, str]) -> str:
    """The demo's Git repository, with the definitions that other projects publish and secrets of its own."""
    more = {**sealed_files(home, STACKS), **instead}
    return create_repository(home.repository, modules=modules.folders(MODULES), more=more)


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
    parts = parts_for_demo(home, console)
    is_fresh = PROMETHEUS in parts and not home.repository.exists()
    sandbox = bring_up(home, console, parts=parts, instead=canary.earlier() if is_fresh else {})
    environment = sandbox.environment()
    home.state.mkdir(parents=True, exist_ok=True)
    for stack in STACKS:
        with timed(console, f"stack {stack}"):
            deploy(stack, CHECKOUT, environment, home.deployment_log(stack), console)
        if is_fresh and stack == STACKS[0]:  # the other one gets what has proven itself here
            console.say(f"canaries of {canary.APPLICATION} on stack {stack}")
            modules = Modules(cache_folder(), lambda: golang.find(cache_folder()))
            with timed(console, "canaries"):
                canary.show(sandbox, stack, CHECKOUT, partial(make_repository, home, modules), console)
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
