"""What became of an application, and back: `gitops app history` and `rollback`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops.cli.color import painted
from gitops.cli.options import (
    application_argument,
    headers_option,
    limit_option,
    output_option,
    say,
    stack_option,
    stack_settings,
)
from gitops.cli.rollback import roll_back, rollback_options
from gitops.desired import stated_applications
from gitops.model.errors import unknown_applications
from gitops.report import history as report

if TYPE_CHECKING:
    from pathlib import Path


@click.command("history")
@application_argument
@stack_option
@limit_option
@output_option("table", "wide", "json", "yaml")
@headers_option
@click.pass_obj
def history_of_application(
    project: Path, application: str, stack: str, limit: int, output: str, no_headers: bool
) -> None:
    """Every deployment that brought an application another content, newest first.

    \b
    Examples:
      gitops app history web --stack staging
      gitops app history web --stack prod -o json | jq -r '.deployments[0].revision'
    """
    from gitops.engine.history import history  # the engine's SDK is slow to import

    settings = stack_settings(stack, project)
    found = [item for item in history(stack, project) if item.touched(application)][:limit]
    if not found and application not in (known := {item.name for item in stated_applications(settings)[1]}):
        raise unknown_applications(stack, [application], known)
    if output in {"json", "yaml"}:
        say(report.as_json(stack, application, found), output)
    else:
        click.echo(painted(report.as_table(found, headers=not no_headers, wide=output == "wide")))


@click.command("rollback")
@application_argument
@stack_option
@rollback_options
@click.pass_obj
def rollback_application(
    project: Path, application: str, stack: str, to: str, branch: str, pinned: bool, yes: bool
) -> None:
    """Bring an application back to what it was, by a commit that reverts its files.

    Without --to, to its last good deployment before this one. The commit goes to the branch that the stack
    follows, never by force, so that the stack goes on following it. Refused when the files also state other
    applications, or when the application came from more than them.

    \b
    Examples:
      gitops app rollback web --stack staging
      gitops app rollback web --stack prod --to 1 --branch back-to-1
      gitops app rollback web --stack prod --to v1.3.0 --pin --yes
    """
    roll_back(project, stack, application, to=to, branch=branch, pinned=pinned, yes=yes)
