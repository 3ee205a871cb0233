"""`gitops promote` and `gitops approve`: what one stack has proven goes to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops.cli.options import stack_settings
from gitops.model.errors import ConfigError, GitOpsError, RefusedError
from gitops.report import manifests, promotion

if TYPE_CHECKING:
    from pathlib import Path

    from gitops.delivery.promotion.promote import Candidate


@click.command()
@click.argument("stacks", nargs=-1, required=True, metavar="[SOURCE] TARGET")
@click.option("--hotfix", metavar="REVISION", default="", help="Promote this revision, past SOURCE.")
@click.option("--reason", default="", help="Why a hotfix may go past SOURCE; the history keeps it.")
@click.option("--dry-run", is_flag=True, help="Only look, and say what stands against it.")
@click.option("--yes", "-y", is_flag=True, help="Don't ask.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_obj
def promote(
    project: Path,
    stacks: tuple[str, ...],
    hotfix: str,
    reason: str,
    dry_run: bool,
    yes: bool,
    output: str,
) -> None:
    """Let TARGET run what SOURCE runs and has proven; SOURCE is gitops:promotesFrom without it.

    SOURCE has to be synced, healthy, without drift, with its checks passed, for gitops:soak. The difference is
    shown; then TARGET's gitops:revision is pinned in its file and committed, TARGET is deployed wave by wave
    and verified. When that fails, TARGET goes back, and does not take that revision again. A promotion that was
    interrupted goes on when the command is run again. Ends with 5 when it may not be, with 4 when TARGET went
    back.

    \b
    Examples:
      gitops promote staging prod --dry-run
      gitops promote prod --yes
      gitops promote prod --hotfix 4f2a9c1 --reason "login is down, staging is broken"
    """
    from gitops.delivery.promotion import promote as room  # the engine's SDK is slow to import

    candidate = _candidate(project, stacks, hotfix, reason)
    target, unit = candidate.target.stack, candidate.unit
    changes = manifests.changes(candidate.before, candidate.after)
    objections = room.refusals(candidate)
    if output == "text":
        click.echo(manifests.as_diff(changes), nl=False)
        click.echo(promotion.as_plan(unit, candidate.source, target, changes))
    if objections or dry_run:
        if output == "json":
            click.echo(promotion.as_json(unit, candidate.source, target, objections, None))
        if objections:
            click.echo(promotion.as_refusal(target, objections), err=True)
            raise click.exceptions.Exit(RefusedError.exit_code)
        return
    if not yes:
        click.confirm(f"Promote this to {target}?", abort=True, err=True)
    done = room.promote(candidate, project, reason=reason, on_step=_say)
    told = promotion.as_json(unit, candidate.source, target, (), done)
    click.echo(told if output == "json" else promotion.as_summary(done))
    if done.failure:
        raise click.exceptions.Exit(GitOpsError.exit_code)


@click.command()
@click.argument("stacks", nargs=-1, required=True, metavar="[SOURCE] TARGET")
@click.option("--yes", "-y", is_flag=True, help="Don't ask.")
@click.pass_obj
def approve(project: Path, stacks: tuple[str, ...], yes: bool) -> None:
    """Approve that TARGET gets exactly what it would get now, where gitops:approval asks for that.

    The approval is for the digest of every object; whatever changes one of them needs another approval.

    \b
    Examples:
      gitops approve staging prod
      gitops approve prod --yes
    """
    from gitops.delivery.promotion import promote as room  # the engine's SDK is slow to import

    candidate = _candidate(project, stacks, "", "")
    target, changes = candidate.target.stack, manifests.changes(candidate.before, candidate.after)
    click.echo(manifests.as_diff(changes), nl=False)
    click.echo(promotion.as_plan(candidate.unit, candidate.source, target, changes))
    if not yes:
        click.confirm(f"Approve {candidate.unit.digest} for {target}?", abort=True, err=True)
    approval = room.approve(candidate, project)
    click.echo(f"{approval.by} approved {approval.digest} for {target}")


def _candidate(project: Path, stacks: tuple[str, ...], hotfix: str, reason: str) -> Candidate:
    from gitops.delivery.promotion import promote as room

    if len(stacks) > 2 or (hotfix and len(stacks) > 1):
        raise click.UsageError("name one TARGET, and at most one SOURCE before it; a hotfix has no SOURCE")
    if bool(hotfix) != bool(reason):
        raise click.UsageError("--hotfix and --reason go together")
    target = stack_settings(stacks[-1], project)
    if hotfix:
        return room.hotfix(target, hotfix, project)
    configured = target.promotion.source
    source = stacks[0] if len(stacks) == 2 else configured
    if not source:
        raise ConfigError(
            f"nothing says what {target.stack} is promoted from",
            next_step=f"set gitops:promotesFrom in Pulumi.{target.stack}.yaml, or name SOURCE",
        )
    if configured and source != configured:
        raise RefusedError(
            f"{target.stack} is promoted from {configured}, not from {source}",
            next_step=f"promote to {configured} first, or use --hotfix",
        )
    return room.look(stack_settings(source, project), target, project, _say)


def _say(line: str) -> None:
    click.echo(line, err=True)
