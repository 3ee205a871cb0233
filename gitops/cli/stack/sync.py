"""`gitops stack sync`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from gitops.cli.color import painted
from gitops.cli.options import allow_deletes_option, output_option, say, stack_option, stack_settings
from gitops.cli.progress import shown
from gitops.report.sync import as_json, as_problems, as_retry, as_summary
from gitops.source.url import is_commit

if TYPE_CHECKING:
    from pathlib import Path

    from gitops.model.settings import Settings
    from gitops.model.synced import Synced


@click.command("sync")
@stack_option
@click.option("--refresh", is_flag=True, help="Look at the cluster first and heal what was changed by hand.")
@allow_deletes_option
@click.option("--retry", is_flag=True, help="Try what failed again, as its application allows.")
@click.option("--quiet", "-q", is_flag=True, help="Only the last line, and what went wrong.")
@output_option("text", "json", "yaml")
@click.pass_obj
def sync_stack(project: Path, stack: str, refresh: bool, retry: bool, quiet: bool, output: str) -> None:
    """Make the cluster match the repository, and prune what no plan and no state knows of.

    Does what `pulumi up` does, but goes on with the other applications when some are broken in the
    repository or fail in the cluster; it then ends with 2 or 4. At last it deletes objects that carry the
    stack's label and are in no plan: a run that was killed half-way can leave such objects.

    \b
    Examples:
      gitops stack sync --stack staging
      gitops stack sync --stack prod --refresh
      gitops stack sync --stack prod --retry --quiet
      gitops stack sync --stack prod -o json | jq '.applications[] | select(.result != "Synced")'
    """
    from gitops.delivery.by_hand import sync_by_hand  # the engine's SDK is slow to import
    from gitops.delivery.retry import with_retries
    from gitops.delivery.rollback import let_back
    from gitops.engine.history import history

    settings = stack_settings(stack, project)
    announce(settings)
    pinned = settings.repository.revision
    if is_commit(pinned):
        settings = let_back(settings, history(stack, project), pinned)
    begun = datetime.now(UTC)

    def attempt() -> Synced:
        return sync_by_hand(
            settings,
            project,
            lambda plan: shown(plan, wanted=output == "text" and not quiet),
            refresh=refresh,
            begun=begun,
        )

    done = with_retries(attempt, _pause) if retry else attempt()
    say_synced(done, output)


def announce(settings: Settings) -> None:
    """The first line of everything that writes: where to."""
    click.echo(f"stack {settings.stack}, context {settings.cluster.context or '(current)'}", err=True)


def say_synced(done: Synced, output: str) -> None:
    """What a sync did, and the command's end when it was not everything."""
    for key in done.pruned:
        click.echo(f"pruned {key}", err=True)
    problems = as_problems(done)
    if problems and output == "text":
        click.echo(painted(problems), err=True)
    if output == "text":
        click.echo(painted(as_summary(done)))
    else:
        say(as_json(done), output)
    if done.exit_code:
        raise click.exceptions.Exit(done.exit_code)


def _pause(done: Synced, seconds: float) -> None:
    click.echo(painted(as_problems(done)), err=True)
    click.echo(as_retry(done, seconds), err=True)
