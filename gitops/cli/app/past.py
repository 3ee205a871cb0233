"""What became of an application: `gitops app history`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops.cli.options import (
    application_argument,
    headers_option,
    limit_option,
    output_option,
    say,
    stack_option,
)
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

    found = [item for item in history(stack, project) if item.touched(application)][:limit]
    if output in {"json", "yaml"}:
        say(report.as_json(stack, application, found), output)
    else:
        click.echo(report.as_table(found, headers=not no_headers, wide=output == "wide"))
