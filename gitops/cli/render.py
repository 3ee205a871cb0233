"""`gitops render`: what applications would apply, without a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops.cli.color import painted_diff
from gitops.cli.options import at_revision, say, stack_option, stack_settings
from gitops.desired import rendered
from gitops.model.errors import unknown_applications
from gitops.report import manifests as report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gitops.model.manifest import Manifest
    from gitops.model.settings import Settings
    from gitops.report.manifests import Change


@click.command()
@click.argument("applications", nargs=-1, metavar="[APPLICATION]...")
@stack_option
@click.option("--revision", "-r", default="", help="A branch, tag or commit; the stack's own without it.")
@click.option("--compare", metavar="OLD..NEW", default="", help="Show the difference of two revisions.")
@click.option(
    "--output", "-o", type=click.Choice(["yaml", "json", "name"]), default="yaml", show_default=True
)
@click.option("--show-secrets", is_flag=True, help="Print the values of Secrets too.")
@click.pass_obj
def render(
    project: Path,
    applications: tuple[str, ...],
    stack: str,
    revision: str,
    compare: str,
    output: str,
    show_secrets: bool,
) -> None:
    """Print what applications would apply, or what two revisions would apply differently.

    Needs the repository and no cluster; charts are rendered for no cluster in particular. All of the
    stack's applications without names. With --compare, ends with 1 when there is a difference.

    \b
    Examples:
      gitops render web --stack staging
      gitops render --stack prod --revision v1.4.0 -o name
      gitops render --stack prod --compare v1.3.0..v1.4.0
    """
    settings = stack_settings(stack, project)
    if compare:
        old, dots, new = compare.partition("..")
        if not (old and dots and new):
            raise click.UsageError(f"--compare wants OLD..NEW, not {compare!r}")
        (before_sha, before), (after_sha, after) = (
            manifests_at(settings, side, applications, missing_ok=True) for side in (old, new)
        )
        if not (before or after):
            raise unknown_applications(settings.stack, applications)
        found = report.changes(before, after)
        document = report.changes_as_json(stack, (before_sha, after_sha), found)
        # the default form of a difference is a diff, not the objects as YAML
        say_changes(found, document, "text" if output == "yaml" else output, show_secrets=show_secrets)
        return
    sha, manifests = manifests_at(settings, revision, applications)
    say_manifests(stack, sha, manifests, output, show_secrets=show_secrets)


def say_manifests(
    stack: str, sha: str, manifests: Sequence[Manifest], output: str, *, show_secrets: bool
) -> None:
    """Print objects in one of the command's forms; `sha` is "" for what lives."""
    match output:
        case "json":
            click.echo(report.as_json(stack, sha, manifests, secrets=show_secrets))
        case "name":
            click.echo(report.as_names(manifests))
        case _:
            click.echo(report.as_yaml(manifests, secrets=show_secrets), nl=False)


def say_changes(changes: Sequence[Change], document: str, output: str, *, show_secrets: bool = False) -> None:
    """Print changes in one of the command's forms, of which `document` is the JSON; ends with 1 when there are any."""
    match output:
        case "json" | "yaml":
            say(document, output)
        case "name":
            for change in changes:
                click.echo(f"{change.kind} {change.key}")
        case _:
            click.echo(painted_diff(report.as_diff(changes, secrets=show_secrets)), nl=False)
            click.echo(report.summary(changes), err=True)
    if changes:
        raise click.exceptions.Exit(1)


def manifests_at(
    settings: Settings, revision: str, applications: Sequence[str], *, missing_ok: bool = False
) -> tuple[str, tuple[Manifest, ...]]:
    """The commit id that a revision names, and the manifests of the chosen applications there."""
    sha, found = rendered(at_revision(settings, revision), applications)
    missing = set(applications) - {manifest.application for manifest in found}
    if missing and not missing_ok:
        raise unknown_applications(settings.stack, missing)
    return sha, found
