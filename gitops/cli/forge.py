"""Options that say which server of Git is spoken to, where neither a pipeline nor the clone's address tells."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from gitops.forge.place import forge_at
from gitops.model.forge import Kind
from gitops.source.checkout import remote

if TYPE_CHECKING:
    from pathlib import Path

    from gitops.cli.options import FunctionOf
    from gitops.model.forge import Forge


def forge_options(command: FunctionOf) -> FunctionOf:
    """`--forge`, `--api-url` and `--forge-repository`."""
    for option in (
        click.option("--forge-repository", default="", metavar="OWNER/NAME", help="The repository there."),
        click.option("--api-url", default="", help="The address of the API, such as https://HOST/api/v1."),
        click.option("--forge", type=click.Choice(list(map(str, Kind))), help="Whose API is spoken."),
    ):
        command = option(command)
    return command


def forge_of(project: Path, kind: str | None, api: str, repository: str) -> Forge:
    """The forge of the project's repository.

    Raises:
        ConfigError: nothing tells it.
    """
    return forge_at(remote(project), os.environ, kind=kind or "", api=api, repository=repository)
