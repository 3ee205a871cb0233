"""`gitops app …`: a stack's applications."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops.cli.options import stack_option, stack_settings
from gitops.delivery.observe import observe
from gitops.drift.findings import findings
from gitops.drift.state import SYNCED
from gitops.report import application as one
from gitops.report import drift
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
    observed = observe(settings)
    plan, states = observed.plan, observed.states
    match output:
        case "json":
            click.echo(as_json(stack, plan.revision, states))
        case "name":
            click.echo(as_names(states))
        case _:
            click.echo(as_table(plan.revision, states, headers=not no_headers, wide=output == "wide"))
    if exit_code and any(state.sync != SYNCED for state in states):
        raise click.exceptions.Exit(1)


@app.command("get")
@click.argument("application")
@stack_option
@click.option("--output", "-o", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_obj
def get_application(project: Path, application: str, stack: str, output: str) -> None:
    """One application: what it is, how it is, and each of its objects.

    \b
    Examples:
      gitops app get web --stack staging
      gitops app get web --stack prod -o json
    """
    observed = observe(stack_settings(stack, project))
    (state,) = observed.of([application])
    revision = observed.plan.revision
    click.echo(as_json(stack, revision, [state]) if output == "json" else one.as_text(revision, state))


@app.command("diff")
@click.argument("applications", nargs=-1, metavar="[APPLICATION]...")
@stack_option
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_obj
def diff_applications(project: Path, applications: tuple[str, ...], stack: str, output: str) -> None:
    """What lives differently than Git states it, and who did that. Ends with 1 when something does.

    All applications without names. Values of Secrets are never shown.

    \b
    Examples:
      gitops app diff web --stack staging
      gitops app diff --stack prod -o json
    """
    observed = observe(stack_settings(stack, project))
    found = findings(observed.of(applications))
    revision = observed.plan.revision
    click.echo(drift.as_json(stack, revision, found) if output == "json" else drift.as_text(found))
    if found:
        raise click.exceptions.Exit(1)
