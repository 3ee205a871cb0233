"""`gitops watch`: keep a stack at what Git says."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import click

from gitops.cli.options import stack_option, stack_settings

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@stack_option
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--clear-stale-locks", is_flag=True, help="Take the lock of a run away that was killed on this machine."
)
@click.pass_obj
def watch(project: Path, stack: str, log_format: str, clear_stale_locks: bool) -> None:
    """Follow the repository and the cluster, sync new commits, and revert what is changed by hand.

    Runs until it is ended by SIGTERM or Ctrl-C.

    \b
    Examples:
      gitops watch --stack staging
      SYNC_INTERVAL=30s gitops watch --stack prod --log-format json
    """
    from gitops.report.log import logger
    from gitops.report.metrics import Metrics
    from gitops.watch.loop import Loop  # the engine's SDK is slow to import

    log = logger(click.echo, log_format, stack=stack)
    loop = Loop(
        project,
        lambda: stack_settings(stack, project),
        log,
        Metrics(stack),
        clear_locks=clear_stale_locks,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.end())
    log("info", "watching", project=str(project))
    loop.run()
    log("info", "ended")
