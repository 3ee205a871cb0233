"""Bringing applications to what Git states, and waiting for it: `gitops app sync` and `wait`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops.cli.color import painted
from gitops.cli.options import (
    allow_deletes_option,
    applications_argument,
    at_revision,
    duration,
    output_option,
    resource,
    stack_option,
    stack_settings,
)
from gitops.cli.progress import shown
from gitops.cli.stack.drift import say_drift
from gitops.cli.stack.sync import announce, say_synced
from gitops.delivery.observe import observe
from gitops.delivery.wait import Wish, wait
from gitops.drift.findings import findings
from gitops.source.git import cache_folder, fetch

if TYPE_CHECKING:
    from pathlib import Path


@click.command("sync")
@applications_argument
@stack_option
@click.option("--all", "everything", is_flag=True, help="All of the stack's applications.")
@click.option("--dry-run", is_flag=True, help="Only show what contradicts Git now.")
@click.option("--prune", is_flag=True, help="Delete what lives of them but is no longer in Git.")
@allow_deletes_option
@click.option("--revision", "-r", default="", help="A branch, tag or commit; the stack's own without it.")
@click.option(
    "--resource",
    "resources",
    type=resource,
    multiple=True,
    help="Only this object, as KIND:NAME; may be repeated. Hooks don't run then.",
)
@click.option("--wait", "waits", is_flag=True, help="Then wait until they are Synced and Healthy.")
@click.option(
    "--timeout", type=duration, default=300.0, show_default="5m", help="How long --wait waits at most."
)
@click.option("--quiet", "-q", is_flag=True, help="Only the last line, and what went wrong.")
@output_option("text", "json", "yaml")
@click.pass_obj
def sync_applications(
    project: Path,
    applications: tuple[str, ...],
    stack: str,
    everything: bool,
    dry_run: bool,
    prune: bool,
    revision: str,
    resources: tuple[tuple[str, str], ...],
    waits: bool,
    timeout: float,
    quiet: bool,
    output: str,
) -> None:
    """Make applications what Git states, and nothing else: other applications are not looked at.

    Changes by hand are reverted, and hooks run. What left Git stays, unless --prune is given. Waves and
    dependsOn order the chosen applications among themselves.

    \b
    Examples:
      gitops app sync web --stack staging
      gitops app sync web api --stack prod --prune --wait --timeout 10m
      gitops app sync web --stack prod --resource Deployment:web --dry-run
    """
    if bool(applications) == everything:
        raise click.UsageError("name applications, or give --all")
    settings = at_revision(stack_settings(stack, project), revision)
    from gitops.delivery.selected import Selection, sync_selected  # the engine's SDK is slow to import

    chosen = Selection(applications, resources, prune, earlier=bool(revision))
    if dry_run:
        observed = observe(settings)
        found = [item for item in findings(observed.of(applications)) if chosen.has(item.key)]
        say_drift(stack, observed.plan.revision, found, output)
        return
    from gitops.delivery.by_hand import held_by_hand
    from gitops.delivery.remediate import lift_holds, remediate
    from gitops.delivery.rollback import let_back
    from gitops.delivery.sync import prepare
    from gitops.engine.history import history

    announce(settings)
    commit = fetch(settings.repository, cache_folder()) if revision else None
    if commit:
        settings = let_back(settings, history(stack, project), commit.sha, applications or ("*",))
    hold = held_by_hand(settings, project, asked=applications)
    prepared = prepare(settings, project, hold, commit)
    with shown(
        prepared.plan, applications, wanted=output == "text" and not quiet and not resources
    ) as on_step:
        done = sync_selected(prepared, chosen, on_step=on_step)
    if not resources:
        done = remediate(prepared, done)
        lift_holds(prepared, done)
    say_synced(done, output)
    if waits:
        wait(settings, applications, Wish(), timeout, say_reasons)


@click.command("wait")
@applications_argument
@stack_option
@click.option("--sync", "synced", is_flag=True, help="Until they are Synced.")
@click.option("--health", "healthy", is_flag=True, help="Until they are Healthy.")
@click.option("--suspended", is_flag=True, help="What is Suspended counts as healthy.")
@click.option(
    "--timeout", type=duration, default=300.0, show_default="5m", help="How long at most, such as 90s."
)
@click.pass_obj
def wait_for_applications(
    project: Path,
    applications: tuple[str, ...],
    stack: str,
    synced: bool,
    healthy: bool,
    suspended: bool,
    timeout: float,
) -> None:
    """Wait until applications are Synced and Healthy, and say what each wait is for.

    All of the stack's applications without names; both conditions without --sync or --health. Changes nothing.
    Ends with 9 when the time is over.

    \b
    Examples:
      gitops app wait web --stack staging
      gitops app wait --stack prod --health --timeout 10m
    """
    both = synced == healthy
    wish = Wish(sync=synced or both, health=healthy or both, suspended=suspended)
    observed = wait(stack_settings(stack, project), applications, wish, timeout, say_reasons)
    for state in observed.of(applications):
        click.echo(painted(f"{state.application.name} is {state.sync} and {state.health.status.value}"))


def say_reasons(waiting: tuple[str, ...], seconds: float, well: str) -> None:
    """The reasons for a wait, on stderr, with how many applications are well already."""
    for reason in waiting:
        click.echo(painted(f"{seconds:5.1f} s  [{well}] waiting for {reason}"), err=True)
