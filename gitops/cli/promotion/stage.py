"""A promotion to all stacks of a stage, shown, asked for and told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops.cli.color import painted_diff
from gitops.cli.promotion.targets import say
from gitops.model.errors import GitOpsError, RefusedError
from gitops.model.promotion import Taking
from gitops.report import manifests, promotion, stage_promotion

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gitops.delivery.promotion.look import Candidate


def promote_stage(
    project: Path,
    stage: str,
    candidates: Sequence[Candidate],
    reason: str,
    output: str,
    parallel: int,
    *,
    dry_run: bool,
    yes: bool,
) -> int:
    """The exit code of a promotion to a stage."""
    from gitops.delivery.promotion import look  # the engine's SDK is slow to import
    from gitops.delivery.promotion import stage as room

    asked = [
        room.Asked(candidate, objections)
        for candidate, objections in zip(candidates, look.all_refusals(candidates), strict=True)
    ]
    if output == "text":
        changes = {c.target.stack: manifests.changes(c.before, c.after) for c in candidates}
        click.echo(painted_diff(manifests.as_diffs(changes)), nl=False)
        groups = {c.target.stack: c.target.promotion.group for c in candidates}
        click.echo(stage_promotion.as_plan(candidates[0].unit, candidates[0].source, stage, groups, changes))
    refused = {item.stack: item.objections for item in asked if item.objections}
    for stack, objections in refused.items():
        click.echo(promotion.as_refusal(stack, objections), err=True)
    if dry_run or len(refused) == len(asked):
        if output == "json":
            click.echo(stage_promotion.as_json(room.planned(stage, asked)))
        return RefusedError.exit_code if refused else 0
    if not yes:
        click.confirm(f"Promote this to {len(asked) - len(refused)} stacks of {stage}?", abort=True, err=True)
    with room.in_processes(project, reason, say, parallel) as take:
        done = room.promote_stage(stage, asked, project, take, parallel=parallel, on_step=say)
    click.echo(stage_promotion.as_json(done) if output == "json" else stage_promotion.as_table(done))
    takings = {share.taking for share in done.shares}
    if Taking.FAILED in takings:
        return GitOpsError.exit_code
    return RefusedError.exit_code if Taking.REFUSED in takings else 0
