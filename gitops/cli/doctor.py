"""`gitops doctor`: what a stack needs, looked at before it is missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops.cli.color import painted
from gitops.cli.options import output_option, say, stack_option, stack_settings
from gitops.model.check import Verdict
from gitops.report.checks import as_json, as_line

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@stack_option
@output_option("table", "json", "yaml")
@click.pass_obj
def doctor(project: Path, stack: str, output: str) -> None:
    """Look at everything that a sync of the stack needs, and say how to mend what is wrong.

    Programs, repository, cluster, the rights that the stack's own plan needs there, and clocks. Changes
    nothing. Ends with the code that a sync would end with; warnings end with 0.

    \b
    Examples:
      gitops doctor --stack staging
      gitops doctor --stack prod -o json
    """
    from gitops.delivery.doctor import examine

    checks = []
    for check in examine(stack_settings(stack, project)):
        checks.append(check)
        if output == "table":
            click.echo(painted(as_line(check)))
    if output != "table":
        say(as_json(stack, checks), output)
    failed = [check.exit_code for check in checks if check.verdict is Verdict.FAILURE]
    if failed:
        raise click.exceptions.Exit(failed[0])
