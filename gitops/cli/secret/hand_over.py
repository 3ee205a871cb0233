"""`gitops secret hand-over`: before a stack's SealedSecrets are opened by somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops.cli.options import stack_option, stack_settings
from gitops.cluster.connect import connect
from gitops.desired import desired_plan

if TYPE_CHECKING:
    from pathlib import Path


@click.command("hand-over")
@stack_option
@click.pass_obj
def hand_over_secrets(project: Path, stack: str) -> None:
    """Let Secrets outlive a change of `gitops:secrets`, so that the next `pulumi up` deletes none.

    The controller lets go of Secrets that the program makes from now on, and the stack of those that the
    controller makes. `gitops stack sync` does the same by itself. Run it again when you change your mind: what
    was handed over and stays gets its Secret back.

    \b
    Examples:
      gitops secret hand-over --stack staging
    """
    from gitops.delivery.handover import hand_over  # the engine's SDK is slow to import

    settings = stack_settings(stack, project)
    live = connect(settings.cluster).survey(stack)
    for key in hand_over(settings, project, live, desired_plan(settings, live.served).keys):
        click.echo(f"{key} may go: its Secret stays")
