"""`gitops ci drift`: what contradicts Git on any stack, as a pipeline on a schedule asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops.cli.ci.options import annotate, say_group, stacks_option, summarize
from gitops.cli.options import output_option, stack_settings
from gitops.delivery.fleet import fleet
from gitops.drift.findings import findings
from gitops.model.errors import AccessError, ConfigError, Problem
from gitops.report import drift as report
from gitops.source.stackfile import stack_names

if TYPE_CHECKING:
    from pathlib import Path

    from gitops.delivery.fleet import StackState


@click.command("drift")
@stacks_option
@output_option("text", "markdown", "json")
@click.pass_obj
def drift(project: Path, stacks: tuple[str, ...], output: str) -> None:
    """Every contradiction between Git and the clusters, on all stacks. Ends with 1 when there is one.

    Changes nothing. A stack that can't be looked at hides no other: it is named, and the command ends with 3; with 2
    when something is broken in Git, so that it can't be compared.

    \b
    Examples:
      gitops ci drift
      gitops ci drift --stack prod -o markdown
      gitops ci drift -o json | jq '.stacks[] | select(.findings != []).stack'
    """
    seen = fleet(stacks or stack_names(project), lambda name: stack_settings(name, project))
    found = {item.stack: findings(item.observed.states) if item.observed else () for item in seen}
    broken = [
        problem
        for item in seen
        for state in (item.observed.states if item.observed else ())
        for problem in state.problems
    ]
    page = "\n\n".join(
        f"# Drift of {item.stack}\n\nIt can't be looked at.\n"
        if item.trouble
        else report.as_markdown(item.stack, _revision(item), found[item.stack])
        for item in seen
    )
    match output:
        case "json":
            told = [(item.stack, _revision(item), item.trouble, found[item.stack]) for item in seen]
            click.echo(report.fleet_as_json(told))
        case "markdown":
            click.echo(page)
        case _:
            for item in seen:
                text = item.trouble or report.as_text(found[item.stack])
                title = (
                    f"{item.stack}: {'not looked at' if item.trouble else report.summary(found[item.stack])}"
                )
                say_group(title, f"{title}\n{text}")
    summarize(page)
    annotate([*broken, *(Problem(f"{item.stack}: {item.trouble}") for item in seen if item.trouble)])
    for problem in broken:
        click.echo(f"not compared: {problem}", err=True)
    if any(item.trouble for item in seen):
        raise click.exceptions.Exit(AccessError.exit_code)
    if broken or any(found.values()):
        raise click.exceptions.Exit(ConfigError.exit_code if broken else 1)


def _revision(item: StackState) -> str:
    return item.observed.plan.revision if item.observed else ""
