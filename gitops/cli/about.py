"""`gitops version` and `gitops completion`."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version as installed

import click
from click.shell_completion import get_completion_class

from gitops import __version__
from gitops.cli.options import output_option, say

_SHELLS = ("bash", "zsh", "fish")


@click.command()
@output_option("table", "json", "yaml")
def version(output: str) -> None:
    """Versions of this program and of what it stands on.

    \b
    Examples:
      gitops version
      gitops version -o json
    """
    versions = {"gitops": __version__, "python": platform.python_version()}
    versions |= {name: installed(name) for name in ("pulumi", "pulumi-kubernetes")}
    if output != "table":
        say(json.dumps(versions, indent=2), output)
        return
    for name, value in versions.items():
        click.echo(f"{name:18} {value}")


@click.command()
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """The script that makes a shell complete commands, options, stacks and applications.

    \b
    Examples:
      eval "$(gitops completion bash)"
      gitops completion fish > ~/.config/fish/completions/gitops.fish
    """
    kind = get_completion_class(shell)
    if kind is None:  # the choices are those that click knows
        raise click.UsageError(f"{shell} is not known")
    root = context.find_root()
    click.echo(kind(root.command, {}, "gitops", "_GITOPS_COMPLETE").source())
