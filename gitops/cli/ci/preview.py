"""`gitops ci preview`: what a pull request would do to every stack."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from gitops.cli.ci.options import (
    annotate,
    plan_option,
    say_group,
    stacks_option,
    summarize,
)
from gitops.cli.forge import forge_of, forge_options
from gitops.cli.options import output_option, stack_settings
from gitops.forge.talk import keep_comment, longest_body, set_status
from gitops.model.errors import ConfigError, GitOpsError, Problem
from gitops.model.forge import CommitStatus, State
from gitops.model.preview import Preview
from gitops.report import preview as report
from gitops.report.comment import MARK, as_markdown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitops.delivery.ci.situation import Situation
    from gitops.model.forge import Forge
    from gitops.model.preview import StackPreview

CONTEXT = "gitops/preview"


@click.command("preview")
@click.option("--base", default="", help="What is compared with, such as main.")
@click.option("--head", default="", help="The change: a branch or commit.")
@click.option("--pull-request", type=click.IntRange(min=1), help="The number of the pull request.")
@stacks_option
@click.option("--comment", is_flag=True, help="Keep one comment on the pull request up to date.")
@click.option("--status", is_flag=True, help="Mark the commit.")
@click.option("--live", is_flag=True, help="Look at the clusters too: how much would have to change there.")
@plan_option
@click.option("--exit-code", is_flag=True, help="End with 1 when something would change.")
@forge_options
@output_option("text", "markdown", "json")
@click.pass_obj
def preview(
    project: Path,
    base: str,
    head: str,
    pull_request: int | None,
    stacks: tuple[str, ...],
    comment: bool,
    status: bool,
    live: bool,
    plan_file: Path | None,
    exit_code: bool,
    forge: str | None,
    api_url: str,
    forge_repository: str,
    output: str,
) -> None:
    """Show what a change would do to every stack: created, changed, replaced, deleted, by wave and application.

    Rendered from Git at both ends of the change; needs no cluster and no keys, except with --live. In the
    pipeline of a pull request it knows both ends itself. With --plan it writes what it shows to a file, and
    `gitops ci deploy --plan` does just that. Ends with 2 when something is wrong in the repository.

    \b
    Examples:
      gitops ci preview --comment --status --plan plan.json
      gitops ci preview --base main --head add-cache --stack prod
      gitops ci preview --base main --head add-cache -o json | jq '.stacks[].changes[].object'
    """
    from gitops.delivery.ci.preview import against_cluster, previews
    from gitops.delivery.ci.sides import sides
    from gitops.delivery.ci.situation import situation

    change = situation(project, os.environ, base, head, pull_request or 0)
    place = forge_of(project, forge, api_url, forge_repository) if comment or status else None
    if comment and not change.pull_request:
        raise ConfigError(
            "nothing says which pull request the comment goes to", next_step="name it: --pull-request NUMBER"
        )
    found = previews(sides(project, change, stacks))
    if live:
        found = tuple(
            item
            if item.problems
            else against_cluster(item, stack_settings(item.stack, project).at(item.after))
            for item in found
        )
    shown = Preview(change.base, change.head, found)
    if plan_file:
        _write(plan_file, report.as_json(shown))
    page = as_markdown(shown, longest_body(MARK))
    _say(shown, page, output)
    if place and comment:
        keep_comment(place, change.pull_request, MARK, page)
    if place and status:
        _mark(place, change, shown)
    if shown.problems:
        raise click.exceptions.Exit(ConfigError.exit_code)
    if exit_code and any(item.changes for item in found):
        raise click.exceptions.Exit(1)


def _say(shown: Preview, page: str, output: str) -> None:
    match output:
        case "json":
            click.echo(report.as_json(shown))
        case "markdown":
            click.echo(page)
        case _:
            for item in shown.stacks:
                say_group(_title(item), report.as_text(item))
            click.echo(report.summary(shown))
    summarize(page)
    annotate(shown.problems)
    annotate(_warnings(shown), "warning")


def _warnings(shown: Preview) -> Iterator[Problem]:
    """What to look at twice, where the change states it; what goes has no place any more."""
    for item in shown.stacks:
        for change in item.changes:
            where = change.after.where if change.after else None
            yield from (Problem(f"{item.stack}, {change.key}: {text}", where) for text in change.warnings)


def _title(item: StackPreview) -> str:
    return f"{item.stack}: {report.counts(item.counts)}"


def _mark(forge: Forge, change: Situation, shown: Preview) -> None:
    state = State.FAILURE if shown.problems else State.SUCCESS
    line = f"plan {shown.digest}: {report.summary(shown)}"
    set_status(forge, change.marked, CommitStatus(state, CONTEXT, line, change.url))


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise GitOpsError(
            f"{file} can't be written: {error.strerror}", next_step="name another file"
        ) from error
