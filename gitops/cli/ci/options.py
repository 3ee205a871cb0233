"""Options that commands for pipelines share, and how they speak to logs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitops.cli.options import complete_stacks
from gitops.report import pipeline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitops.model.errors import Problem

stacks_option = click.option(
    "--stack",
    "-s",
    "stacks",
    multiple=True,
    shell_complete=complete_stacks,
    help="Only this stack; may be repeated.",
)
plan_option = click.option(
    "--plan",
    "plan_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file that holds what was previewed, as JSON.",
)


def is_actions() -> bool:
    """Whether a log is read by GitHub Actions, or by those of Gitea."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def say_group(title: str, text: str) -> None:
    """A part of the text for people; folded where the log can do that."""
    click.echo(pipeline.group(title, text) if is_actions() else text)


def annotate(problems: Iterable[Problem], level: str = "error") -> None:
    """Mark problems, or warnings, in their files, where the pipeline can show that."""
    found = pipeline.marks(problems, level)
    if is_actions() and found:
        click.echo(found, err=True)


def summarize(markdown: str) -> None:
    """Add to the page that GitHub Actions shows of a run, where there is one."""
    if file := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(file).open("a", encoding="utf-8") as opened:
            opened.write(f"{markdown}\n")
