"""`gitops approve`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops.cli.color import painted_diff
from gitops.cli.promotion.targets import applications_option, complete_targets, looked_at, targets
from gitops.report import manifests, promotion

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("stacks", nargs=-1, required=True, metavar="[SOURCE] TARGET", shell_complete=complete_targets)
@applications_option
@click.option("--yes", "-y", is_flag=True, help="Don't ask.")
@click.pass_obj
def approve(project: Path, stacks: tuple[str, ...], applications: tuple[str, ...], yes: bool) -> None:
    """Approve that TARGET gets exactly what it would get now, where gitops:approval asks for that.

    TARGET is a stack, or a stage for all stacks of it. The approval is for the digest of every object; whatever
    changes one of them needs another approval.

    \b
    Examples:
      gitops approve staging prod
      gitops approve prod --app web --yes
    """
    from gitops.delivery.promotion import promote as room  # the engine's SDK is slow to import

    found = targets(project, stacks)
    candidates = looked_at(project, found, "", applications)
    changes = {item.target.stack: manifests.changes(item.before, item.after) for item in candidates}
    click.echo(painted_diff(manifests.as_diffs(changes)), nl=False)
    for item in candidates:
        click.echo(promotion.as_plan(item.unit, item.source, item.target.stack, changes[item.target.stack]))
    what = candidates[0].unit.digest if len(candidates) == 1 else f"all {len(candidates)}"
    if not yes:
        click.confirm(f"Approve {what} for {found.name}?", abort=True, err=True)
    for item in candidates:
        approval = room.approve(item, project)
        click.echo(f"{approval.by} approved {approval.digest} for {item.target.stack}")
