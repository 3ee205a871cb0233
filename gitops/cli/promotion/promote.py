"""`gitops promote`."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from gitops.cli.color import painted_diff
from gitops.cli.forge import forge_of, forge_options
from gitops.cli.options import duration, stack_settings
from gitops.cli.promotion.request import ask
from gitops.cli.promotion.stage import promote_stage
from gitops.cli.promotion.targets import (
    Targets,
    applications_option,
    complete_targets,
    looked_at,
    say,
    targets,
)
from gitops.model.errors import GitOpsError, RefusedError
from gitops.report import manifests, promotion

if TYPE_CHECKING:
    from pathlib import Path

    from gitops.delivery.promotion.look import Candidate


@click.command()
@click.argument("stacks", nargs=-1, required=True, metavar="[SOURCE] TARGET", shell_complete=complete_targets)
@applications_option
@click.option("--hotfix", metavar="REVISION", default="", help="Promote this revision, past SOURCE.")
@click.option("--reason", default="", help="Why a hotfix may go past SOURCE; the history keeps it.")
@click.option("--dry-run", is_flag=True, help="Only look, and say what stands against it.")
@click.option("--yes", "-y", is_flag=True, help="Don't ask.")
@click.option(
    "--pull-request", "asks", is_flag=True, help="Open a pull request that pins TARGET, and do no more."
)
@click.option("--merged", is_flag=True, help="Promote what TARGET's file says since that was merged.")
@forge_options
@click.option("--abort", is_flag=True, help="End a promotion that was begun: go back, and hold its revision.")
@click.option(
    "--watch", "-w", is_flag=True, help="Go on, and promote each revision once it has proven itself."
)
@click.option(
    "--interval",
    type=duration,
    default="1m",
    show_default=True,
    help="The time between two looks of --watch.",
)
@click.option(
    "--parallel",
    type=click.IntRange(1, 64),
    default=4,
    show_default=True,
    help="How many stacks of a group are at work at once.",
)
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_obj
def promote(
    project: Path,
    stacks: tuple[str, ...],
    applications: tuple[str, ...],
    hotfix: str,
    reason: str,
    dry_run: bool,
    yes: bool,
    asks: bool,
    merged: bool,
    forge: str | None,
    api_url: str,
    forge_repository: str,
    abort: bool,
    watch: bool,
    interval: float,
    parallel: int,
    output: str,
) -> None:
    """Let TARGET run what SOURCE runs and has proven; SOURCE is gitops:promotesFrom without it.

    TARGET is a stack, or a stage: then every stack of it gets the revision, group after group. SOURCE has to be
    synced, healthy, without drift, with its checks passed, for gitops:soak. The difference is shown; then TARGET's
    gitops:revision is pinned in its file and committed, TARGET is deployed wave by wave and verified. When that
    fails, TARGET goes back, and does not take that revision again. A promotion that was interrupted goes on when
    the command is run again. With --app, only these applications go on, in a commit that has them as SOURCE does and
    all else as TARGET does. Ends with 5 when it may not be, with 4 when a stack went back.

    \b
    Examples:
      gitops promote staging prod --dry-run
      gitops promote prod --yes
      gitops promote staging prod --app web --app api
      gitops promote prod --hotfix v1.4.1 --reason "login is down, staging is broken"
      gitops promote staging prod --yes --parallel 8 -o json
      gitops promote staging prod --pull-request
      gitops promote prod --merged --yes
      gitops promote prod --watch
      gitops promote prod --abort
    """
    if bool(hotfix) != bool(reason):
        raise click.UsageError("--hotfix and --reason go together")
    if merged and (hotfix or applications or asks):
        raise click.UsageError("--merged promotes what TARGET's file says, and nothing else")
    if watch and (hotfix or dry_run or abort or applications or asks or merged):
        raise click.UsageError("--watch promotes what SOURCE has proven, and nothing else")
    if abort:
        _abort(project, targets(project, stacks, hotfix=True), yes=yes)
    elif watch:
        _watch(project, stacks, interval, parallel)
    else:
        found = targets(project, stacks, hotfix=bool(hotfix) or merged)
        why = f"hotfix: {reason}" if hotfix else "merged pull request" if merged else ""
        candidates = looked_at(project, found, _merged(found) if merged else hotfix, applications)
        if merged:
            candidates = tuple(replace(c, source=c.target.promotion.source) for c in candidates)
        if asks and not dry_run:
            code = ask(
                project,
                found.name,
                candidates,
                lambda: forge_of(project, forge, api_url, forge_repository),
                output,
            )
        else:
            code = _once(project, found.stage, candidates, why, output, parallel, dry_run=dry_run, yes=yes)
        if code:
            raise click.exceptions.Exit(code)


def _merged(found: Targets) -> str:
    from gitops.delivery.promotion.request import merged  # the engine's SDK is slow to import

    return merged(found.stacks)


def _once(
    project: Path,
    stage: str,
    candidates: tuple[Candidate, ...],
    reason: str,
    output: str,
    parallel: int,
    *,
    dry_run: bool,
    yes: bool,
) -> int:
    """The exit code of one promotion."""
    from gitops.delivery.promotion import look  # the engine's SDK is slow to import
    from gitops.delivery.promotion import promote as room

    if stage:
        return promote_stage(project, stage, candidates, reason, output, parallel, dry_run=dry_run, yes=yes)
    (candidate,) = candidates
    target, unit = candidate.target.stack, candidate.unit
    changes = manifests.changes(candidate.before, candidate.after)
    objections = look.refusals(candidate)
    if output == "text":
        click.echo(painted_diff(manifests.as_diff(changes)), nl=False)
        click.echo(promotion.as_plan(unit, candidate.source, target, changes))
    if objections or dry_run:
        if output == "json":
            click.echo(promotion.as_json(unit, candidate.source, target, objections, None))
        if objections:
            click.echo(promotion.as_refusal(target, objections), err=True)
        return RefusedError.exit_code if objections else 0
    if not yes:
        click.confirm(f"Promote this to {target}?", abort=True, err=True)
    done = room.promote(candidate, project, reason=reason, on_step=say)
    told = promotion.as_json(unit, candidate.source, target, (), done)
    click.echo(told if output == "json" else promotion.as_summary(done))
    return GitOpsError.exit_code if done.failure else 0


def _abort(project: Path, found: Targets, *, yes: bool) -> None:
    from gitops.delivery.promotion import promote as room  # the engine's SDK is slow to import

    begun = room.begun(found.stacks, project)
    for target, move in begun:
        click.echo(f"{target.stack}: {move.revision[:12]} since {move.started} by {move.by}")
    if not yes:
        click.confirm(f"Take {found.name} back?", abort=True, err=True)
    done = [room.abort(target, project, say) for target, _ in begun]
    for one in done:
        click.echo(promotion.as_summary(one))
    if not all(one.returned for one in done):
        raise click.exceptions.Exit(GitOpsError.exit_code)


def _watch(project: Path, words: tuple[str, ...], interval: float, parallel: int) -> None:
    """Look again and again; what stands against a promotion is said once for as long as it is the same."""
    from gitops.delivery.promotion.watch import turn  # the engine's SDK is slow to import

    last = ""
    while True:
        found = targets(project, words)  # the files may have changed
        told = turn(stack_settings(found.source, project), found.stacks, found.stage, project, say, parallel)
        if told != last:
            say(told)
        last = told
        time.sleep(interval)
