"""Going back, for one application or a whole stack; both commands share their options and words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops.cli.color import painted_diff
from gitops.cli.options import stack_settings
from gitops.delivery.rollback import look_back, publish, target_of
from gitops.report import manifests as report
from gitops.source.pin import pin

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gitops.cli.options import FunctionOf


def rollback_options(command: FunctionOf) -> FunctionOf:
    """`--to`, `--branch`, `--pin` and `--yes`."""
    options: list[Callable[[FunctionOf], FunctionOf]] = [
        click.option("--to", default="", help="A number of the history, or a branch, tag or commit."),
        click.option("--branch", default="", help="Push to this branch, for review, not to the stack's own."),
        click.option(
            "--pin", "pinned", is_flag=True, help="Let the whole stack follow the old commit instead."
        ),
        click.option("--yes", "-y", is_flag=True, help="Don't ask."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def roll_back(
    project: Path, stack: str, application: str, *, to: str, branch: str, pinned: bool, yes: bool
) -> bool:
    """Show what going back changes, ask, and do it; gives whether there was anything to go back from."""
    from gitops.engine.history import history  # the engine's SDK is slow to import

    if pinned and branch:
        raise click.UsageError("--pin changes no branch")
    settings = stack_settings(stack, project)
    known = () if to and not to.isdecimal() else history(stack, project)
    found = look_back(settings, application, target_of(known, application, to))
    changes = report.changes(found.before, found.after)
    if found.commit == found.tip:
        click.echo(f"{application or stack} is as it was at {found.target[:12]} already", err=True)
        return False
    click.echo(painted_diff(report.as_diff(changes)), nl=False)
    click.echo(f"from {found.tip[:12]} back to {found.target[:12]}: {report.summary(changes)}", err=True)
    if not yes:
        click.confirm(f"Pin stack {stack}?" if pinned else "Commit and push this?", abort=True, err=True)
    if pinned:
        before = pin(stack, project, found.target)
        click.echo(
            f"stack {stack} follows {found.target} from now on, as a whole; before it was {before or 'main'}"
        )
    else:
        click.echo(f"pushed {found.commit[:12]} to {publish(found, branch)}")
    click.echo(f"→ gitops stack sync --stack {stack}", err=True)
    return True
