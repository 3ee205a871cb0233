"""`gitops app …`: a stack's applications."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops.cli.options import stack_option, stack_settings
from gitops.cluster.connect import connect
from gitops.desired import sound_plan
from gitops.drift.state import SYNCED, application_states
from gitops.model.keys import APPLICATION_LABEL
from gitops.report.applications import as_json, as_names, as_table

if TYPE_CHECKING:
    from pathlib import Path


@click.group()
def app() -> None:
    """Look at applications."""


@app.command("list")
@stack_option
@click.option(
    "--output", "-o", type=click.Choice(["table", "wide", "json", "name"]), default="table", show_default=True
)
@click.option("--no-headers", is_flag=True, help="Leave out the table's first line.")
@click.option("--exit-code", is_flag=True, help="End with 1 when an application is not Synced.")
@click.pass_obj
def list_applications(project: Path, stack: str, output: str, no_headers: bool, exit_code: bool) -> None:
    """Every application: wave, namespace, objects, sync status, health and revision.

    Compares the repository at the stack's revision with the live cluster; changes nothing.

    \b
    Examples:
      gitops app list --stack staging
      gitops app list --stack prod -o json | jq '.applications[] | select(.sync != "Synced").name'
      gitops app list --stack prod --exit-code
    """
    settings = stack_settings(stack, project)
    live = connect(settings.cluster).survey(stack, metadata_only=False)
    plan, left_out = sound_plan(settings, live.served, live.objects)
    states = application_states(plan, live.objects, APPLICATION_LABEL, settings.health_rules, left_out)
    match output:
        case "json":
            click.echo(as_json(stack, plan.revision, states))
        case "name":
            click.echo(as_names(states))
        case _:
            click.echo(as_table(plan.revision, states, headers=not no_headers, wide=output == "wide"))
    if exit_code and any(state.sync != SYNCED for state in states):
        raise click.exceptions.Exit(1)
