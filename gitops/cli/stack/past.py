"""What became of a stack, and back: `gitops stack history` and `rollback`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops.cli.color import painted
from gitops.cli.options import headers_option, limit_option, output_option, say, stack_option
from gitops.cli.rollback import roll_back, rollback_options
from gitops.report import history as report
from gitops.source.stackfile import stack_values

if TYPE_CHECKING:
    from pathlib import Path


@click.command("history")
@stack_option
@limit_option
@output_option("table", "wide", "json", "yaml")
@headers_option
@click.pass_obj
def history_of_stack(project: Path, stack: str, limit: int, output: str, no_headers: bool) -> None:
    """Every run that changed the stack: when, who, which commit and applications, and how it ended.

    It is the engine's own history, so that a bare `pulumi up` is in it too, without its commit. An
    application counts as touched when its objects were missing, came from other files, or left Git.

    \b
    Examples:
      gitops stack history --stack staging
      gitops stack history --stack prod -o json | jq '.deployments[] | select(.outcome == "Failed").reason'
    """
    from gitops.engine.history import history  # the engine's SDK is slow to import

    stack_values(stack, project)  # a stack that is none has no history
    found = history(stack, project)[:limit]
    if output in {"json", "yaml"}:
        say(report.as_json(stack, "", found), output)
    else:
        click.echo(painted(report.as_table(found, headers=not no_headers, wide=output == "wide")))


@click.command("rollback")
@stack_option
@rollback_options
@click.pass_obj
def rollback_stack(project: Path, stack: str, to: str, branch: str, pinned: bool, yes: bool) -> None:
    """Bring everything back to what it was, by a commit that has all files of an earlier one.

    Without --to, to the last good deployment before this one. Other stacks that follow the same branch go back
    too; --pin lets only this one follow the old commit, until gitops:revision is set again.

    \b
    Examples:
      gitops stack rollback --stack staging
      gitops stack rollback --stack prod --to 1 --pin
    """
    roll_back(project, stack, "", to=to, branch=branch, pinned=pinned, yes=yes)
