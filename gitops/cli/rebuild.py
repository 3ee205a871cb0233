"""`gitops rebuild`: a stack brought back from Git and its keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from gitops.cli.options import complete_stacks, duration, output_option, say, stack_settings
from gitops.cli.progress import shown
from gitops.cli.secret.keeping import add_keys
from gitops.cli.secret.options import Place
from gitops.cluster.connect import connect
from gitops.cluster.sealing import restore_keys
from gitops.report.rebuild import as_json, as_question, as_summary
from gitops.secrets.making import as_secret
from gitops.secrets.ring import ring_of_files

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("stack", shell_complete=complete_stacks)
@click.option(
    "--keys", multiple=True, metavar="FILE", help="A backup of the keys that open secrets, to restore."
)
@click.option(
    "--controller-namespace", default="kube-system", show_default=True, help="Where a controller reads keys."
)
@click.option("--partial", is_flag=True, help="Go on without applications that are broken or don't open.")
@click.option("--ignore-holds", is_flag=True, help="Also what is paused or outside its sync windows.")
@click.option(
    "--shared-cluster", is_flag=True, help="Though other stacks live in the cluster, and this one not."
)
@click.option("--timeout", type=duration, default="15m", show_default=True, help="How long health may take.")
@click.option("--yes", "-y", is_flag=True, help="Don't ask.")
@click.option("--quiet", "-q", is_flag=True, help="Without how far it is.")
@output_option("text", "json", "yaml")
@click.pass_obj
def rebuild(
    project: Path,
    stack: str,
    keys: tuple[str, ...],
    controller_namespace: str,
    partial: bool,
    ignore_holds: bool,
    shared_cluster: bool,
    timeout: float,
    yes: bool,
    quiet: bool,
    output: str,
) -> None:
    """Bring STACK back from Git, when its cluster was wiped, its state was lost, or both.

    Says what is left, and asks. Restores keys, takes over what lives, makes the rest wave by wave, and proves
    at the end that every application is Synced and Healthy, that nothing differs, and that nothing that lived was
    made anew. May be killed and run again. Ends with 1 when something differs, with 9 when something is not
    healthy in time.

    \b
    Examples:
      gitops rebuild prod
      gitops rebuild prod --keys prod-keys.pem --yes
      gitops rebuild prod --partial --ignore-holds --timeout 30m -o json
    """
    from gitops.delivery.rebuild.carry_out import rebuild as carry_out
    from gitops.delivery.rebuild.found import look, refuse_wrong_cluster
    from gitops.engine.stacks import ensure  # the engine's SDK is slow to import
    from gitops.hold import holding

    if ensure(stack, project):
        _say(
            f"the backend had no stack {stack}: its state, its history and its notes are lost; it was made anew"
        )
    settings = stack_settings(stack, project)
    found = look(settings, project)
    question = as_question(
        settings,
        found.place,
        alive=len(found.alive),
        others=found.others,
        unmanaged=found.unmanaged,
        remembered=len(found.remembered),
        deployments=found.deployments,
    )
    _say(question)
    refuse_wrong_cluster(found, shared=shared_cluster)
    if found.begun:
        _say(
            f"a promotion of {found.begun.revision[:12]} was begun; afterwards, end it: gitops promote {stack}"
        )
    if not yes:
        click.confirm(f"Rebuild {stack} there?", abort=True, err=True)
    if keys:
        _restore(Place(project, stack, controller_namespace, ""), keys)
        settings = stack_settings(stack, project)
    done = carry_out(
        found,
        hold=None if ignore_holds else holding(settings, datetime.now(UTC), manual=True),
        partial=partial,
        timeout=timeout,
        tell=_say,
        show=lambda plan: shown(plan, wanted=output == "text" and not quiet),
    )
    if output == "text":
        click.echo(as_summary(done))
    else:
        say(as_json(done), output)
    if done.exit_code:
        raise click.exceptions.Exit(done.exit_code)


def _restore(place: Place, files: tuple[str, ...]) -> None:
    """Put keys where the stack looks for them: in its ring, or where the cluster's controller reads them."""
    pairs = ring_of_files(files).pairs
    if place.settings.secrets.opened:
        _say(f"{len(pairs)} keys are in {add_keys(place, '', pairs)}")
        return
    secrets = [as_secret(pair, place.namespace) for pair in pairs]
    for name, new in restore_keys(connect(place.settings.cluster).client, place.namespace, secrets):
        _say(f"key {place.namespace}/{name} {'is restored' if new else 'was there'}")


def _say(line: str) -> None:
    click.echo(line, err=True)
