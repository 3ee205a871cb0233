"""Applications and how they are: `gitops app list`, `get` and `diff`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from gitops.cli.color import painted
from gitops.cli.options import (
    application_argument,
    applications_argument,
    headers_option,
    output_option,
    say,
    stack_option,
    stack_settings,
    watch_option,
)
from gitops.cli.stack.drift import say_drift
from gitops.delivery.observe import observe
from gitops.delivery.wait import looks
from gitops.drift.findings import findings
from gitops.drift.state import SYNCED
from gitops.hold import holding
from gitops.report import application as one
from gitops.report.applications import as_json, as_names, as_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gitops.delivery.observe import Observed
    from gitops.drift.state import ApplicationState
    from gitops.model.rolled_back import RolledBack
    from gitops.model.settings import Settings


@click.command("list")
@stack_option
@output_option("table", "wide", "json", "yaml", "name")
@headers_option
@click.option("--exit-code", is_flag=True, help="End with 1 when an application is not Synced.")
@watch_option
@click.pass_obj
def list_applications(
    project: Path, stack: str, output: str, no_headers: bool, exit_code: bool, watch: bool
) -> None:
    """Every application: wave, namespace, objects, sync status, health and revision.

    Compares the repository at the stack's revision with the live cluster; changes nothing.

    \b
    Examples:
      gitops app list --stack staging
      gitops app list --stack prod -o json | jq '.applications[] | select(.sync != "Synced").name'
      gitops app list --stack prod --exit-code
      gitops app list --stack staging --watch
    """
    states: Sequence[ApplicationState] = ()
    for observed in _looks(project, stack, watch=watch):
        revision, states = observed.plan.revision, observed.states
        match output:
            case "json" | "yaml":
                say(as_json(stack, revision, states), output)
            case "name":
                click.echo(as_names(states))
            case _:
                table = as_table(revision, states, headers=not no_headers, wide=output == "wide")
                click.echo(painted(table))
    if exit_code and any(state.sync != SYNCED for state in states):
        raise click.exceptions.Exit(1)


@click.command("get")
@application_argument
@stack_option
@click.option("--refresh", is_flag=True, help="Accepted: repository and cluster are always looked at anew.")
@click.option("--hard-refresh", is_flag=True, help="Use nothing that was fetched or rendered before.")
@output_option("table", "json", "yaml", "name")
@watch_option
@click.pass_obj
def get_application(
    project: Path,
    application: str,
    stack: str,
    refresh: bool,  # noqa: ARG001 - it always does
    hard_refresh: bool,
    output: str,
    watch: bool,
) -> None:
    """One application: what it is, how it is, and each of its objects.

    \b
    Examples:
      gitops app get web --stack staging
      gitops app get web --stack prod -o json
      gitops app get web --stack staging --hard-refresh
    """
    for observed in _looks(project, stack, anew=hard_refresh, watch=watch):
        (state,) = observed.of([application])
        revision = observed.plan.revision
        match output:
            case "json" | "yaml":
                say(as_json(stack, revision, [state]), output)
            case "name":
                click.echo(one.as_names(state))
            case _:
                click.echo(painted(one.as_text(revision, state)))


@click.command("diff")
@applications_argument
@stack_option
@output_option("text", "json", "yaml", "markdown")
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
    say_drift(stack, observed.plan.revision, found, output)
    if found:
        raise click.exceptions.Exit(1)


def _looks(project: Path, stack: str, *, anew: bool = False, watch: bool) -> Iterator[Observed]:
    """One look, or one after the other, each when something differs from the last one."""
    settings = stack_settings(stack, project)
    last: tuple[ApplicationState, ...] | None = None
    for found in looks(settings) if watch else [observe(settings, anew=anew)]:
        observed = replace(found, states=tuple(_with_holds(settings, project, found.states)))
        if observed.states != last:
            last = observed.states
            yield observed


def _with_holds(
    settings: Settings, project: Path, states: Sequence[ApplicationState]
) -> Iterator[ApplicationState]:
    """The states with the reasons for which the loop leaves applications alone now."""

    def rolled_back() -> tuple[RolledBack, ...]:
        from gitops.delivery.rolled_back import noted  # the engine's SDK is slow to import

        return noted(settings.stack, project)

    hold = holding(settings, datetime.now(UTC), manual=False, rolled_back=rolled_back)
    held = {problem.application: problem for problem in hold([state.application for state in states])}
    return (replace(state, held=held.get(state.application.name)) for state in states)
