"""`gitops verify`: the checks of a stack, run now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops.cli.color import painted
from gitops.cli.options import output_option, say, stack_option, stack_settings
from gitops.model.errors import ConfigError
from gitops.report.verification import as_json, as_line, as_summary

if TYPE_CHECKING:
    from pathlib import Path

    from gitops.model.verification import Check, Measurement


@click.command()
@stack_option
@output_option("text", "json", "yaml")
@click.pass_obj
def verify(project: Path, stack: str, output: str) -> None:
    """Run the checks in gitops:verification against what the stack runs. Ends with 4 when one fails.

    \b
    Examples:
      gitops verify --stack staging
      gitops verify --stack prod -o json
    """
    from gitops.delivery.verification import verified

    settings = stack_settings(stack, project)
    if not settings.verification:
        raise ConfigError(
            f"stack {stack} states no checks",
            next_step=f"state some as gitops:verification in Pulumi.{stack}.yaml; docs/promotion.md has examples",
        )

    def told(check: Check, measurement: Measurement) -> None:
        click.echo(painted(as_line(check, measurement)), err=True)

    found = verified(settings, project, told)
    if output == "text":
        click.echo(painted(as_summary(found)))
    else:
        say(as_json(stack, found), output)
    if not all(item.passed for item in found):
        raise click.exceptions.Exit(4)
