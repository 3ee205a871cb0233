"""The commands about Rollouts, under one name."""

from __future__ import annotations

import click

from gitops.cli.rollout.simulate import simulate_rollouts


@click.group()
def rollout() -> None:
    """Canaries and blue-green deployments: whether their analyses would have passed."""


for command in (simulate_rollouts,):
    rollout.add_command(command)
