"""`gitops rollout list`, `get` and `history`: Rollouts as they live."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gitops.cli.color import painted
from gitops.cli.options import (
    application_argument,
    headers_option,
    output_option,
    say,
    stack_option,
    stack_settings,
    watch_option,
)
from gitops.cli.rollout.act import name_option
from gitops.delivery.rollouts.look import commit_of, look, looks
from gitops.report import rollouts as report

if TYPE_CHECKING:
    from pathlib import Path

    from gitops.cluster.rollout_view import RolloutView, Version


@click.command("list")
@stack_option
@output_option("table", "json", "yaml", "name")
@headers_option
@click.pass_obj
def list_rollouts(project: Path, stack: str, output: str, no_headers: bool) -> None:
    """Every Rollout of a stack: how far it is, its traffic, its health, and what it waits for.

    \b
    Examples:
      gitops rollout list --stack staging
      gitops rollout list --stack prod -o json | jq '.rollouts[].health'
    """
    found = look(stack_settings(stack, project))
    match output:
        case "json" | "yaml":
            say(report.as_json(stack, found), output)
        case "name":
            click.echo(report.as_names(found))
        case _:
            click.echo(painted(report.as_table(found, headers=not no_headers)))


@click.command("get")
@application_argument
@stack_option
@name_option
@output_option("text", "json", "yaml")
@watch_option
@click.pass_obj
def get_rollout(project: Path, application: str, stack: str, name: str, output: str, watch: bool) -> None:
    """A Rollout's steps, traffic, versions and analyses, and the reason for its wait.

    With --watch at a terminal, one view that changes as the Rollout does.

    \b
    Examples:
      gitops rollout get web --stack staging
      gitops rollout get web --stack prod --watch
      gitops rollout get web --stack prod -o json | jq '.rollouts[].weights.actual'
    """
    settings = stack_settings(stack, project)
    clears = watch and output == "text" and sys.stdout.isatty()
    for found in looks(settings, application, name) if watch else [look(settings, application, name)]:
        if clears:
            click.clear()
        if output == "text":
            click.echo(painted(report.as_text(found)))
        else:
            say(report.as_json(stack, found), output)


@click.command("history")
@application_argument
@stack_option
@name_option
@output_option("table", "json", "yaml")
@headers_option
@click.pass_obj
def history_of_rollout(
    project: Path, application: str, stack: str, name: str, output: str, no_headers: bool
) -> None:
    """The versions of a Rollout whose ReplicaSets are still there: images, commit, and how each ended.

    \b
    Examples:
      gitops rollout history web --stack staging
      gitops rollout history web --stack prod -o json | jq -r '.rollouts[].versions[].commit'
    """
    from gitops.engine.history import history  # the engine's SDK is slow to import

    found = look(stack_settings(stack, project), application, name)
    deployments = history(stack, project)

    def commit(item: RolloutView, one: Version) -> str:
        return commit_of(one.created, item.application, deployments)

    if output == "table":
        click.echo(painted(report.history_as_table(found, commit, headers=not no_headers)))
    else:
        say(report.history_as_json(stack, found, commit), output)
