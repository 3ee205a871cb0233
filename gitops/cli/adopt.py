"""`gitops adopt`: taking a running cluster over."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import click

from gitops.cli.options import output_option, say, stack_option, stack_settings
from gitops.cli.stack.sync import sync_stack
from gitops.cluster.connect import connect
from gitops.cluster.errors import DeniedError
from gitops.delivery.adoption.carry_out import adopt, refuse
from gitops.delivery.adoption.cluster import look
from gitops.delivery.adoption.confirm import confirm, how_to_remove
from gitops.delivery.adoption.give_back import give_back
from gitops.delivery.adoption.preview import preview
from gitops.desired import desired_plan
from gitops.model.errors import AccessError
from gitops.report.adoption import as_json, as_table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitops.model.settings import Settings

_NEEDS = (
    "taking over needs get, list, patch and update on every kind of the stack; get, list and patch (delete with"
    " --remove-owner) on the owners' own kinds; get, list, create and delete on configmaps, and get, create, patch"
    " and delete on leases, in namespace default"
)


@click.command("adopt")
@stack_option
@click.argument("applications", nargs=-1, metavar="[APPLICATION]...")
@output_option("table", "json", "yaml")
@click.option("--yes", "-y", is_flag=True, help="Do it; without this nothing is changed.")
@click.option("--sync", "and_sync", is_flag=True, help="With --yes: sync the stack afterwards.")
@click.option("--allow-restarts", is_flag=True, help="With --yes: though the next sync restarts pods.")
@click.option("--owner-elsewhere", is_flag=True, help="With --yes: though the owner is not in this cluster.")
@click.option("--from-manager", multiple=True, metavar="NAME", help="A field manager more to take over from.")
@click.option("--undo", is_flag=True, help="Give everything back to its owners.")
@click.option("--confirm", "and_confirm", is_flag=True, help="Drop the way back.")
@click.option(
    "--remove-owner", is_flag=True, help="With --confirm: delete the owners, and nothing of theirs."
)
@click.pass_obj
def adopt_stack(
    project: Path,
    stack: str,
    applications: tuple[str, ...],
    output: str,
    yes: bool,
    and_sync: bool,
    allow_restarts: bool,
    owner_elsewhere: bool,
    from_manager: tuple[str, ...],
    undo: bool,
    and_confirm: bool,
    remove_owner: bool,
) -> None:
    """Take running objects over from Argo CD, Flux, Helm or kubectl, without restarting a pod.

    Shows whose each object is and what would change; with --yes makes the owners let go and hands the objects
    over. Can be undone until it is confirmed. Ends with 1 when something is left to adopt.

    \b
    Examples:
      gitops adopt --stack prod
      gitops adopt --stack prod --yes --sync
      gitops adopt --stack prod shop --undo
      gitops adopt --stack prod --confirm --remove-owner
    """
    if sum((yes, undo, and_confirm)) > 1:
        raise click.UsageError("--yes, --undo and --confirm are three different things: say one of them")
    if (and_sync or allow_restarts or owner_elsewhere) and not yes:
        raise click.UsageError("--sync, --allow-restarts and --owner-elsewhere go with --yes")
    if remove_owner and not and_confirm:
        raise click.UsageError("--remove-owner goes with --confirm")
    settings = stack_settings(stack, project)
    with _naming_needs():
        if undo:
            _undo(settings, project, applications)
        elif and_confirm:
            _confirm(settings, applications, remove_owner=remove_owner)
        else:
            also = frozenset(from_manager)
            cluster = look(connect(settings.cluster))
            plan = desired_plan(settings, cluster.everything.served)
            found = preview(plan, cluster, applications, also)
            if output == "table":
                click.echo(as_table(found))
            else:
                say(as_json(found), output)
            if not yes:
                raise click.exceptions.Exit(1 if found.pending else 0)
            refuse(found, plan, allow_restarts=allow_restarts, owner_elsewhere=owner_elsewhere)
            done = adopt(found, plan, cluster, also)
            click.echo(f"{len(done.objects)} objects handed over; {len(done.owners)} owners let go", err=True)
            if not and_sync:
                click.echo(f"next: gitops stack sync --stack {stack}", err=True)
    if and_sync:
        click.get_current_context().invoke(sync_stack, stack=stack, refresh=False, quiet=True, output="text")


def _undo(settings: Settings, project: Path, applications: tuple[str, ...]) -> None:
    from gitops.engine.forget import forget  # the engine's SDK is slow to import

    done = give_back(
        settings.stack,
        look(connect(settings.cluster)),
        applications,
        partial(forget, settings.stack, project),
    )
    for key in done.gone:
        click.echo(f"{key} is gone or was made anew: nothing to give back", err=True)
    click.echo(f"{len(done.objects)} objects given back; {len(done.owners)} owners go on", err=True)


def _confirm(settings: Settings, applications: tuple[str, ...], *, remove_owner: bool) -> None:
    done = confirm(settings.stack, look(connect(settings.cluster)), applications, remove_owner=remove_owner)
    for owner in done.removed:
        click.echo(f"deleted {owner}, and nothing that it had", err=True)
    for owner, reason in done.kept:
        click.echo(f"{owner} {reason}\n    → {how_to_remove(owner)}", err=True)
    click.echo(f"{done.objects} objects are the stack's for good", err=True)


@contextmanager
def _naming_needs() -> Iterator[None]:
    """Say with a refusal of the API server what the whole take-over needs."""
    try:
        yield
    except DeniedError as error:
        raise AccessError(error.problems[0].what, next_step=f"{_NEEDS}") from error
