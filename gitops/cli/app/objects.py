"""An application's objects: `gitops app manifests`, `resources`, `events` and `logs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops.cli.color import painted
from gitops.cli.options import (
    application_argument,
    duration,
    headers_option,
    output_option,
    say,
    stack_option,
    stack_settings,
)
from gitops.cli.render import manifests_at, say_manifests
from gitops.cluster.events import events
from gitops.cluster.logs import LogQuery
from gitops.cluster.tree import tree
from gitops.delivery.living import living, logs
from gitops.delivery.observe import observe
from gitops.model.errors import GitOpsError
from gitops.report import manifests, resources

if TYPE_CHECKING:
    from pathlib import Path


@click.command("manifests")
@application_argument
@stack_option
@click.option("--live", is_flag=True, help="What lives, not what Git states.")
@click.option("--revision", "-r", default="", help="A branch, tag or commit; the stack's own without it.")
@output_option("yaml", "json", "name")
@click.option("--show-secrets", is_flag=True, help="Print the values of Secrets too.")
@click.pass_obj
def manifests_of_application(
    project: Path,
    application: str,
    stack: str,
    live: bool,
    revision: str,
    output: str,
    show_secrets: bool,
) -> None:
    """Print an application's objects: as Git states them, or as they live.

    \b
    Examples:
      gitops app manifests web --stack staging
      gitops app manifests web --stack prod --revision v1.4.0 -o name
      gitops app manifests web --stack prod --live
    """
    settings = stack_settings(stack, project)
    if live and revision:
        raise click.UsageError("--live shows what lives now, which has no --revision")
    if live:
        sha, found = "", manifests.of_live(application, living(settings, application).branches)
    else:
        sha, found = manifests_at(settings, revision, [application])
    say_manifests(stack, sha, found, output, show_secrets=show_secrets)


@click.command("resources")
@application_argument
@stack_option
@output_option("table", "json", "yaml", "name")
@headers_option
@click.pass_obj
def resources_of_application(
    project: Path, application: str, stack: str, output: str, no_headers: bool
) -> None:
    """Every object of an application, and what controllers made of it, with the health of each.

    \b
    Examples:
      gitops app resources web --stack staging
      gitops app resources web --stack prod -o json | jq '.resources[] | select(.health.status == "Degraded")'
    """
    observed = observe(stack_settings(stack, project))
    (state,) = observed.of([application])
    keys = [*(item.key for item in state.objects), *state.extra]
    roots = [(key, observed.live.objects.get(key)) for key in keys]
    found = resources.rows(state, tree(observed.connection.client, observed.live.resources.values(), roots))
    match output:
        case "json" | "yaml":
            say(resources.as_json(stack, application, found), output)
        case "name":
            click.echo("\n".join(row.key.resource_name for row in found))
        case _:
            click.echo(painted(resources.as_table(found, headers=not no_headers)))


@click.command("events")
@application_argument
@stack_option
@output_option("table", "json", "yaml")
@headers_option
@click.pass_obj
def events_of_application(project: Path, application: str, stack: str, output: str, no_headers: bool) -> None:
    """What the cluster tells of an application's objects and of what they own, oldest first.

    \b
    Examples:
      gitops app events web --stack staging
      gitops app events web --stack prod -o json | jq '.events[] | select(.type == "Warning")'
    """
    lives = living(stack_settings(stack, project), application)
    found = events(lives.connection.client, lives.branches)
    if output == "table":
        click.echo(resources.events_as_table(found, headers=not no_headers))
    else:
        say(resources.events_as_json(stack, application, found), output)


@click.command("logs")
@application_argument
@stack_option
@click.option("--follow", "-f", is_flag=True, help="Go on as they grow, also with pods that are made later.")
@click.option("--container", "-c", default="", help="One container of each pod; all of them without it.")
@click.option("--since", type=duration, default=0.0, help="Only the last seconds or minutes, such as 10m.")
@click.option(
    "--tail", type=click.IntRange(min=-1), default=-1, help="Only the last lines of each container."
)
@click.pass_obj
def logs_of_application(
    project: Path, application: str, stack: str, follow: bool, container: str, since: float, tail: int
) -> None:
    """What the pods of an application's workloads log; each line begins with its pod and container.

    \b
    Examples:
      gitops app logs web --stack staging --tail 100
      gitops app logs web --stack prod --follow --since 10m --container main
    """
    asked = LogQuery(since, tail, follow)
    troubled, told = 0, 0
    for line in logs(stack_settings(stack, project), application, asked, container):
        prefix = f"{line.container.pod}/{line.container.name}"
        click.echo(f"{prefix}: {line.text}" if line.trouble else f"{prefix} | {line.text}", err=line.trouble)
        troubled, told = troubled + line.trouble, told + (not line.trouble)
    if troubled and not told:
        raise GitOpsError(
            f"no container of application {application!r} has a log",
            next_step=f"see what happens to its pods: gitops app events {application} --stack {stack}",
        )
