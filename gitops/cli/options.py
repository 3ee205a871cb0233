"""Options that several commands share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitops.source.stackfile import (
    NAMESPACE,
    TOKEN,
    TOKEN_KEY,
    settings_from,
    stack_names,
    stack_values,
)

if TYPE_CHECKING:
    from gitops.model.settings import Settings


def _stacks(context: click.Context, _: click.Parameter, typed: str) -> list[str]:
    """The stacks of the project that the command line so far points at, for the shell's completion."""
    project = context.find_root().params.get("project") or Path.cwd()
    return [name for name in stack_names(Path(project)) if name.startswith(typed)]


stack_option = click.option(
    "--stack",
    "-s",
    required=True,
    envvar="PULUMI_STACK",
    shell_complete=_stacks,
    help="The stack, such as staging.",
)


def stack_settings(stack: str, project: Path) -> Settings:
    """The settings in a stack's file; only an encrypted value there needs the engine."""

    def secret(key: str) -> str:
        if key == TOKEN_KEY and os.environ.get(TOKEN):
            return ""
        from gitops.engine.config import secret_value  # the engine's SDK is slow to import

        return secret_value(stack, project, f"{NAMESPACE}:{key}")

    return settings_from(stack_values(stack, project, secret), stack, project, os.environ)
