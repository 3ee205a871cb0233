"""`gitops ci deploy`: what was merged goes to the stacks that follow its branch."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import click

from gitops.cli.ci.options import annotate, plan_option, say_group, stacks_option
from gitops.cli.ci.preview import CONTEXT
from gitops.cli.forge import forge_of, forge_options
from gitops.cli.options import allow_deletes_option, at_revision, output_option, stack_settings
from gitops.cli.progress import shown as show_steps
from gitops.cli.stack.sync import announce
from gitops.forge.talk import status_of
from gitops.model.errors import ConfigError, RefusedError
from gitops.model.forge import State
from gitops.model.preview import Preview
from gitops.report import merged as report
from gitops.source.stackfile import stack_names

if TYPE_CHECKING:
    from pathlib import Path

    from gitops.delivery.ci.situation import Situation
    from gitops.model.forge import Forge
    from gitops.model.settings import Settings

_PLAN = re.compile(r"plan ([0-9a-f]{16})\b")


@click.command("deploy")
@stacks_option
@click.option(
    "--revision", "-r", default="", help="The commit that was merged; the pipeline's own without it."
)
@plan_option
@click.option(
    "--previewed", default="", metavar="COMMIT", help="The proposed commit, which the preview marked."
)
@click.option("--dry-run", is_flag=True, help="Only compare.")
@allow_deletes_option
@forge_options
@output_option("text", "json")
@click.pass_obj
def deploy(
    project: Path,
    stacks: tuple[str, ...],
    revision: str,
    plan_file: Path | None,
    previewed: str,
    dry_run: bool,
    forge: str | None,
    api_url: str,
    forge_repository: str,
    output: str,
) -> None:
    """Deploy a merged change to every stack that follows its branch, and hold it to what was previewed.

    Stacks that are promoted to are passed over, unless they are named. With --plan, each object has to become what
    its preview showed, or nothing is done; with --previewed, the change as a whole is compared with the plan that
    the commit's status names. One stack that fails does not stop the others. Ends with 5 when something would
    be other than shown.

    \b
    Examples:
      gitops ci deploy --plan plan.json
      gitops ci deploy --previewed 4f2a9c1 --stack staging
      gitops ci deploy --revision main --dry-run -o json
    """
    from gitops.delivery.ci.deploy import deploy as carry_out  # the engine's SDK is slow to import
    from gitops.delivery.ci.promise import promised
    from gitops.delivery.ci.situation import told_by

    change = told_by(os.environ)
    commit = revision or change.head
    chosen = _chosen(project, stacks, change.branch)
    shown = promised(plan_file) if plan_file else {}
    missing = [item.stack for item in chosen if plan_file and item.stack not in shown]
    if missing:
        raise RefusedError(
            f"the preview did not show {', '.join(missing)}",
            next_step="preview all stacks, or name with --stack",
        )
    if previewed:
        _hold_to_status(
            forge_of(project, forge, api_url, forge_repository), project, change, commit, previewed
        )
    found = []
    for settings in chosen:
        announce(settings)
        at = at_revision(settings, commit)
        done = carry_out(
            at,
            project,
            shown.get(settings.stack),
            show=lambda plan: show_steps(plan, wanted=output == "text"),
            dry_run=dry_run,
            why=change.url,
        )
        found.append(done)
        if output == "text":
            say_group(done.stack, report.as_lines(done))
        annotate(done.problems)
    if output == "json":
        click.echo(report.as_json(found))
    worst = next((item.exit_code for item in found if item.exit_code), 0)
    if worst:
        raise click.exceptions.Exit(worst)


def _chosen(project: Path, stacks: tuple[str, ...], branch: str) -> list[Settings]:
    from gitops.delivery.ci.sides import follows

    if stacks:
        return [stack_settings(name, project) for name in stacks]
    every = [stack_settings(name, project) for name in stack_names(project)]
    found = [item for item in every if follows(item, branch)]
    if not found:
        raise ConfigError(
            f"no stack follows {branch or 'a branch'} without being promoted to",
            next_step="name the stacks: gitops ci deploy --stack NAME",
        )
    return found


def _hold_to_status(forge: Forge, project: Path, change: Situation, commit: str, previewed: str) -> None:
    """Refuse unless what the merge itself changes is what the proposed commit was marked with."""
    from gitops.delivery.ci.preview import previews
    from gitops.delivery.ci.sides import sides
    from gitops.delivery.ci.situation import Situation
    from gitops.source.checkout import commit_of, parents

    status = status_of(forge, commit_of(project, previewed) or previewed, CONTEXT)
    plan = _PLAN.match(status.description) if status else None
    if status is None or plan is None or status.state is not State.SUCCESS:
        raise RefusedError(
            f"{previewed[:12]} has no mark {CONTEXT} of a preview in which all is well",
            next_step="preview the pull request: gitops ci preview --status",
        )
    merge = commit_of(project, commit)
    before = parents(project, merge) if merge else ()
    if not before:
        raise ConfigError(
            f"the clone does not have what {commit[:12]} was merged to",
            next_step="clone with history: fetch-depth: 0",
        )
    own = Situation(before[0], merge, change.branch)
    now = Preview(own.base, own.head, previews(sides(project, own))).digest
    if now != plan[1]:
        raise RefusedError(
            f"the merge would do {now}, and {plan[1]} was previewed",
            next_step="preview it again; a file written by gitops ci preview --plan also says what differs",
        )
