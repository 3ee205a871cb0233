"""The commands about stacks, under one name."""

from __future__ import annotations

import click

from gitops.cli.stack.drift import drift_of_stack
from gitops.cli.stack.fleet import diff_stacks, get_stack, list_stacks
from gitops.cli.stack.past import history_of_stack, rollback_stack
from gitops.cli.stack.sync import sync_stack


@click.group()
def stack() -> None:
    """Work on whole stacks."""


for command in (
    list_stacks,
    get_stack,
    diff_stacks,
    sync_stack,
    drift_of_stack,
    history_of_stack,
    rollback_stack,
):
    stack.add_command(command)
