"""Stacks side by side: `gitops stack list`, `get` and `diff`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops.cli.color import painted
from gitops.cli.options import (
    complete_stacks,
    headers_option,
    output_option,
    say,
    stack_option,
    stack_settings,
    watch_option,
)
from gitops.cli.render import say_changes
from gitops.delivery.fleet import fleet, looks
from gitops.delivery.observe import observe
from gitops.desired import rendered
from gitops.model.errors import AccessError
from gitops.report import manifests, stacks
from gitops.source.stackfile import stack_names

if TYPE_CHECKING:
    from pathlib import Path

    from gitops.delivery.fleet import StackState
    from gitops.model.settings import Settings


@click.command("list")
@output_option("table", "wide", "json", "yaml", "name")
@headers_option
@watch_option
@click.pass_obj
def list_stacks(project: Path, output: str, no_headers: bool, watch: bool) -> None:
    """Every stack of the project: what it follows, where it is, how it is, and how many things drift.

    STAGE tells its stage and group, SOURCE how many commits it is from the stack that it is promoted from.
    A stack that can't be looked at is Unknown, with the reason below it; the command then ends with 3.

    \b
    Examples:
      gitops stack list
      gitops stack list -o json | jq '.stacks[] | select(.sync != "Synced").name'
      gitops stack list -o wide --watch
    """
    names = stack_names(project)
    if output == "name":
        click.echo("\n".join(names))
        return
    last = ""

    def settings_of(name: str) -> Settings:
        return stack_settings(name, project)

    for states in looks(names, settings_of) if watch else (fleet(names, settings_of),):
        found = [_told(state) for state in states]
        text = stacks.as_json(found)
        if text != last:
            last = text
            if output in {"json", "yaml"}:
                say(text, output)
            else:
                click.echo(painted(stacks.as_table(found, headers=not no_headers, wide=output == "wide")))
    if any(state.trouble for state in states):
        raise click.exceptions.Exit(AccessError.exit_code)


def _told(state: StackState) -> stacks.Stack:
    seen = state.observed
    revision, states = (seen.plan.revision, seen.states) if seen else ("", ())
    return stacks.Stack(state.stack, state.settings, revision, states, state.trouble, state.distance)


@click.command("get")
@stack_option
@output_option("table", "json", "yaml")
@click.pass_obj
def get_stack(project: Path, stack: str, output: str) -> None:
    """One stack: what it follows, where it is, and which applications are not as they should be.

    \b
    Examples:
      gitops stack get --stack staging
      gitops stack get --stack prod -o yaml
    """
    settings = stack_settings(stack, project)
    observed = observe(settings)
    found = stacks.Stack(stack, settings, observed.plan.revision, observed.states, "")
    if output == "table":
        click.echo(painted(stacks.as_text(found)))
    else:
        say(stacks.as_json([found]), output)


@click.command("diff")
@click.argument("before", shell_complete=complete_stacks)
@click.argument("after", shell_complete=complete_stacks)
@output_option("text", "json", "yaml", "name")
@click.pass_obj
def diff_stacks(project: Path, before: str, after: str, output: str) -> None:
    """What two stacks state differently, as a diff from the first to the second. Ends with 1 when they do.

    Rendered from the repository, without a cluster. Values of Secrets are never shown.

    \b
    Examples:
      gitops stack diff staging prod
      gitops stack diff staging prod -o name
    """
    (old_sha, old), (new_sha, new) = (rendered(stack_settings(name, project)) for name in (before, after))
    found = manifests.changes(old, new)
    say_changes(found, manifests.stacks_as_json((before, after), (old_sha, new_sha), found), output)
