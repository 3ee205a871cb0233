"""`gitops rollout undo`: back in Git, and in the cluster at once."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import click

from gitops.cli.color import painted
from gitops.cli.options import application_argument, stack_option, stack_settings
from gitops.cli.rollback import roll_back, rollback_options
from gitops.cli.rollout.act import timeout_option
from gitops.cluster.acts import abortion
from gitops.delivery.rollouts.look import look
from gitops.delivery.rollouts.steer import steer
from gitops.model.errors import RefusedError
from gitops.report import steering as report

if TYPE_CHECKING:
    from pathlib import Path


@click.command("undo")
@application_argument
@stack_option
@rollback_options
@timeout_option
@click.pass_obj
def undo_rollout(
    project: Path,
    application: str,
    stack: str,
    to: str,
    branch: str,
    pinned: bool,
    yes: bool,
    timeout: float,
) -> None:
    """Bring an application back to what it was, by a commit, and take back what is under way at once.

    The commit is that of `gitops app rollback`. A Rollout that is in the middle of its steps is aborted too, so
    that its users need not wait for the next sync; one that is through goes back with that sync, by its steps.
    With --branch nothing is aborted: that commit waits for a review.

    \b
    Examples:
      gitops rollout undo web --stack prod
      gitops rollout undo web --stack prod --to 3 --branch back-to-3 --yes
    """
    settings = stack_settings(stack, project)
    look(settings, application)  # before a commit is made for what has no Rollout
    went = roll_back(project, stack, application, to=to, branch=branch, pinned=pinned, yes=yes)
    if went and not branch:
        with suppress(RefusedError):  # nothing is under way
            found = steer(settings, application, "", abortion, timeout)
            click.echo(painted(report.as_text(found)))
