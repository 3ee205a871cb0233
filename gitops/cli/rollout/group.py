"""The commands about Rollouts, under one name."""

from __future__ import annotations

import click

from gitops.cli.rollout.act import (
    abort_rollout,
    pause_rollout,
    promote_rollout,
    resume_rollout,
    retry_rollout,
)
from gitops.cli.rollout.look import get_rollout, history_of_rollout, list_rollouts
from gitops.cli.rollout.simulate import simulate_rollouts
from gitops.cli.rollout.undo import undo_rollout


@click.group()
def rollout() -> None:
    """Canaries and blue-green deployments: how far they are, on or back with them, and how they would have gone."""


for command in (
    list_rollouts,
    get_rollout,
    history_of_rollout,
    promote_rollout,
    pause_rollout,
    resume_rollout,
    abort_rollout,
    retry_rollout,
    undo_rollout,
    simulate_rollouts,
):
    rollout.add_command(command)
