"""Bringing applications to what Git states, and waiting for it: `gitops app wait`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops.cli.options import applications_argument, duration, stack_option, stack_settings
from gitops.delivery.wait import Wish, wait

if TYPE_CHECKING:
    from pathlib import Path


@click.command("wait")
@applications_argument
@stack_option
@click.option("--sync", "synced", is_flag=True, help="Until they are Synced.")
@click.option("--health", "healthy", is_flag=True, help="Until they are Healthy.")
@click.option("--suspended", is_flag=True, help="What is Suspended counts as healthy.")
@click.option(
    "--timeout", type=duration, default=300.0, show_default="5m", help="How long at most, such as 90s."
)
@click.pass_obj
def wait_for_applications(
    project: Path,
    applications: tuple[str, ...],
    stack: str,
    synced: bool,
    healthy: bool,
    suspended: bool,
    timeout: float,
) -> None:
    """Wait until applications are Synced and Healthy, and say what each wait is for.

    All of the stack's applications without names; both conditions without --sync or --health. Changes nothing.
    Ends with 9 when the time is over.

    \b
    Examples:
      gitops app wait web --stack staging
      gitops app wait --stack prod --health --timeout 10m
    """
    both = synced == healthy
    wish = Wish(sync=synced or both, health=healthy or both, suspended=suspended)
    observed = wait(stack_settings(stack, project), applications, wish, timeout, say_reasons)
    for state in observed.of(applications):
        click.echo(f"{state.application.name} is {state.sync} and {state.health.status.value}")


def say_reasons(waiting: tuple[str, ...], seconds: float) -> None:
    """The reasons for a wait, on stderr."""
    for reason in waiting:
        click.echo(f"{seconds:5.1f} s  waiting for {reason}", err=True)
