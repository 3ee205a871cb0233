"""`gitops rollout simulate`: a dry run of analyses against the past."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import click

from gitops.cli.color import painted
from gitops.cli.options import (
    applications_argument,
    duration,
    headers_option,
    output_option,
    say,
    stack_option,
    stack_settings,
)
from gitops.cli.render import manifests_at
from gitops.delivery.simulation import Asked, simulate
from gitops.report.simulation import as_json, as_text, passed

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "GITOPS_PROMETHEUS_TOKEN"  # noqa: S105 - the name of a variable
_ENDS = {True: 0, False: 1, None: 2}


def _arguments(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """Names and values from NAME=VALUE."""
    found = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not (name and sign):
            raise click.BadParameter(f"{text!r} is not NAME=VALUE, such as pod-hash=6d4b75cb6d")
        found[name] = value
    return found


@click.command("simulate")
@applications_argument
@stack_option
@click.option("--revision", "-r", default="", help="A branch, tag or commit; the stack's own without it.")
@click.option("--since", type=duration, default="6h", show_default=True, help="How far to look back.")
@click.option(
    "--step",
    type=duration,
    default=0.0,
    help="Time between the starts of two runs; a metric's interval without it.",
)
@click.option(
    "--lasting",
    type=duration,
    default=0.0,
    help="How long a rollout takes; what its steps add up to without it.",
)
@click.option("--prometheus", metavar="URL", default="", help="Where Prometheus is reached from here.")
@click.option(
    "--arg",
    "args",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_arguments,
    help="An argument's value; repeat it.",
)
@output_option("text", "json", "yaml")
@headers_option
@click.pass_obj
def simulate_rollouts(
    project: Path,
    applications: tuple[str, ...],
    stack: str,
    revision: str,
    since: float,
    step: float,
    lasting: float,
    prometheus: str,
    args: dict[str, str],
    output: str,
    no_headers: bool,
) -> None:
    """Whether analyses would have passed in the past, before a rollout starts.

    Runs each metric of the Rollouts that Git states against what Prometheus has measured, again and again
    over the time, and ends with 1 when a run would not have succeeded, with 2 when that can't be told.
    Needs no cluster and changes nothing.

    \b
    Examples:
      gitops rollout simulate web --stack staging --revision canary --since 24h
      gitops rollout simulate --stack prod --revision canary -o json | jq '.metrics[] | select(.passed != true).name'
    """
    sha, manifests = manifests_at(stack_settings(stack, project), revision, applications)
    now = time.time()
    asked = Asked(now, since, step, lasting, prometheus, os.environ.get(TOKEN, ""), args)

    def told(what: str) -> None:
        if output == "text":
            click.echo(f"looking back at {what}", err=True)

    found = simulate(manifests, asked, told)
    if output == "text":
        click.echo(painted(as_text(found, headers=not no_headers)))
    else:
        say(as_json(stack, sha, (now - since, now), found), output)
    if ends := _ENDS[passed(found)]:
        raise click.exceptions.Exit(ends)
