"""`gitops stack drift`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops.cli.color import painted
from gitops.cli.options import output_option, say, stack_option, stack_settings
from gitops.delivery.observe import observe
from gitops.drift.added import unmanaged as nobodys
from gitops.drift.findings import findings, unmanaged_findings
from gitops.model.errors import ConfigError
from gitops.report import drift

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gitops.drift.findings import Finding


@click.command("drift")
@stack_option
@click.option("--strict", is_flag=True, help="Also what was added beside what Git states.")
@click.option("--unmanaged", is_flag=True, help="Also every object of the cluster that no stack states.")
@output_option("text", "json", "yaml", "markdown")
@click.pass_obj
def drift_of_stack(project: Path, stack: str, strict: bool, unmanaged: bool, output: str) -> None:
    """Every contradiction between Git and the cluster, and who made it. Ends with 1 when there is one.

    Objects that are missing, fields that were changed, and objects that live though Git no longer states
    them. Changes nothing, and writes no state. Applications that are broken in Git are told on stderr; they
    can't be compared, and end the command with 2.

    \b
    Examples:
      gitops stack drift --stack prod
      gitops stack drift --stack prod -o markdown > drift.md
      gitops stack drift --stack prod --strict --unmanaged
    """
    observed = observe(stack_settings(stack, project), strict=strict)
    found = findings(observed.states)
    if unmanaged:
        found += unmanaged_findings(nobodys(observed.connection.survey("").objects))
    say_drift(stack, observed.plan.revision, found, output)
    broken = [problem for state in observed.states for problem in state.problems]
    for problem in broken:
        click.echo(f"not compared: {problem}", err=True)
    if broken or found:
        raise click.exceptions.Exit(ConfigError.exit_code if broken else 1)


def say_drift(stack: str, revision: str, found: Sequence[Finding], output: str) -> None:
    """Print findings in one of the command's forms."""
    match output:
        case "json" | "yaml":
            say(drift.as_json(stack, revision, found), output)
        case "markdown":
            click.echo(drift.as_markdown(stack, revision, found))
        case _:
            click.echo(painted(drift.as_text(found)))
