"""`gitops fleet export`: the stacks for an operator that runs them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from gitops.cli.options import complete_stacks
from gitops.model.errors import NotFoundError
from gitops.report.operator import Operator, secret_keys, stack_objects
from gitops.source.stackfile import secrets_provider, settings_from, stack_names, stack_values
from gitops.source.worktree import origin
from gitops.source.yaml_writer import as_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from gitops.model.settings import Settings


@click.group()
def fleet() -> None:
    """Work on all stacks of the project."""


@fleet.command("export")
@click.argument("stacks", nargs=-1, metavar="[STACK]...", shell_complete=complete_stacks)
@click.option("--backend", required=True, envvar="PULUMI_BACKEND_URL", help="Where the states are kept.")
@click.option(
    "--project-repository", default="", metavar="URL", help="Of this project; the remote origin without."
)
@click.option("--branch", default="", help="Of that repository; the one that is checked out without.")
@click.option("--private", is_flag=True, help="That repository wants a token.")
@click.option("--namespace", default="pulumi", show_default=True, help="Of the objects.")
@click.option("--service-account", default="pulumi", show_default=True, help="Of the workspaces.")
@click.option("--organization", default="", help="Of the stacks in Pulumi Cloud.")
@click.option("--image", default="", help="Of the workspaces: it has this program and its renderers.")
@click.option("--output", "-o", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True)
@click.pass_obj
def export(
    project: Path,
    stacks: tuple[str, ...],
    backend: str,
    project_repository: str,
    branch: str,
    private: bool,
    namespace: str,
    service_account: str,
    organization: str,
    image: str,
    output: str,
) -> None:
    """Print the stacks as Stack objects of the Pulumi Kubernetes Operator; all of them without names.

    Each after those that it waits for: its gitops:promotesFrom, and the group of its stage before its own. Secrets
    are referred to and never printed; what each Secret has to hold is told on stderr. Opens no encrypted value.

    \b
    Examples:
      gitops fleet export --backend s3://states > stacks.yaml
      gitops fleet export staging prod --backend https://api.pulumi.com --organization acme -o json
    """
    found = origin(project)
    operator = Operator(
        project_repository or found.url,
        branch or found.branch,
        found.folder,
        backend,
        namespace,
        service_account,
        organization,
        image,
        private,
    )
    names = stack_names(project)
    if unknown := sorted(set(stacks) - set(names)):
        raise NotFoundError(
            f"there is no stack {', '.join(unknown)}", next_step=f"the stacks are: {', '.join(names)}"
        )
    chosen = [_settings(name, project) for name in names if not stacks or name in stacks]
    providers = {settings.stack: secrets_provider(settings.stack, project) for settings in chosen}
    objects = stack_objects(operator, chosen, providers)
    for item in objects:
        name, keys = secret_keys(item)
        click.echo(
            f"{item['metadata']['name']}: Secret {namespace}/{name} has to hold {', '.join(keys)}", err=True
        )
    if output == "json":
        click.echo(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}, indent=2))
    else:
        click.echo("---\n".join(as_yaml(item) for item in objects), nl=False)


def _settings(stack: str, project: Path) -> Settings:
    """A stack's settings as its file has them in clear; the environment of this machine does not count."""
    return settings_from(stack_values(stack, project), stack, project, {})
