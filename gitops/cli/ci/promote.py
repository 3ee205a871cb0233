"""`gitops ci promote`: the promotion of a stack, as a pipeline asks for it again and again."""

from __future__ import annotations

import click

from gitops.cli.promotion.promote import promote as ask
from gitops.model.errors import RefusedError


@click.command("promote")
@click.argument("stacks", nargs=-1, required=True, metavar="[SOURCE] TARGET")
@click.option("--if-ready", is_flag=True, help="End with 0 when it may not be yet, and say why.")
@click.pass_context
def promote(context: click.Context, stacks: tuple[str, ...], if_ready: bool) -> None:
    """Let TARGET run what SOURCE runs and has proven, without asking, as `gitops promote --yes` does.

    Ends with 5 when it may not be, as long as it has not soaked, is not approved, or is held after it was taken
    back; with 4 when TARGET went back. On a schedule, --if-ready makes the first of these no failure.

    \b
    Examples:
      gitops ci promote prod
      gitops ci promote staging prod --if-ready
    """
    try:
        context.invoke(ask, stacks=stacks, yes=True)
    except (click.exceptions.Exit, RefusedError) as end:
        if not (if_ready and end.exit_code == RefusedError.exit_code):
            raise
        if isinstance(end, RefusedError):
            click.echo(str(end), err=True)
