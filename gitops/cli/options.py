"""Options that several commands share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from gitops.source.stackfile import settings_from, stack_values

if TYPE_CHECKING:
    from pathlib import Path

    from gitops.model.settings import Settings

stack_option = click.option(
    "--stack", "-s", required=True, envvar="PULUMI_STACK", help="The stack, such as staging."
)


def stack_settings(stack: str, project: Path) -> Settings:
    """The settings in a stack's file, without the engine."""
    return settings_from(stack_values(stack, project), stack, project, os.environ)
