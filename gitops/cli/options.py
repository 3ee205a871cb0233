"""Options that several commands share."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gitops.cluster.survey import ALLOW_DELETES
from gitops.desired import stated_applications
from gitops.model.duration import parse_duration
from gitops.model.errors import GitOpsError
from gitops.source.stackfile import (
    NAMESPACE,
    TOKEN,
    TOKEN_KEY,
    settings_from,
    stack_names,
    stack_values,
)
from gitops.source.url import checked_revision
from gitops.source.yaml_writer import as_yaml

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitops.model.settings import Settings

FunctionOf = TypeVar("FunctionOf", bound="Callable[..., None]")


def complete_stacks(context: click.Context, _: click.Parameter, typed: str) -> list[str]:
    """The stacks of the project that the command line so far points at, for the shell's completion."""
    project = context.find_root().params.get("project") or Path.cwd()
    return [name for name in stack_names(Path(project)) if name.startswith(typed)]


def _applications(context: click.Context, _: click.Parameter, typed: str) -> list[str]:
    """The applications of the stack that the command line names, as its repository has them now.

    Nothing is said about what goes wrong: a shell that completes has no place for it.
    """
    stack = context.params.get("stack") or os.environ.get("PULUMI_STACK")
    project = Path(context.find_root().params.get("project") or Path.cwd())
    chosen = context.params.get("applications") or ()
    with suppress(GitOpsError, OSError):
        if stack:
            commit_and_found = stated_applications(stack_settings(stack, project.resolve()))
            names = sorted(item.name for item in commit_and_found[1])
            return [name for name in names if name.startswith(typed) and name not in chosen]
    return []


stack_option = click.option(
    "--stack",
    "-s",
    required=True,
    envvar="PULUMI_STACK",
    shell_complete=complete_stacks,
    help="The stack, such as staging.",
)

application_argument = click.argument("application", shell_complete=_applications)
applications_argument = click.argument(
    "applications", nargs=-1, metavar="[APPLICATION]...", shell_complete=_applications
)


def output_option(*formats: str) -> Callable[[FunctionOf], FunctionOf]:
    """`--output`, with these formats; the first is the default. Where there is JSON there is YAML."""
    return click.option(
        "--output",
        "-o",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="How it is printed.",
    )


class _Duration(click.ParamType[float]):
    """Seconds, from a duration such as 90s or 5m."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Fails as every option does that is given what it can't be."""
        if isinstance(value, float):
            return value
        try:
            return parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _Resource(click.ParamType[tuple[str, str]]):
    """A kind, in lower case, and a name, from KIND:NAME."""

    name = "KIND:NAME"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Fails as every option does that is given what it can't be."""
        if isinstance(value, tuple):
            return value
        kind, _, name = str(value).partition(":")
        if not (kind and name):
            self.fail(f"{value!r} is not KIND:NAME, such as Deployment:web", param, ctx)
        return kind.lower(), name


duration, resource = _Duration(), _Resource()
headers_option = click.option("--no-headers", is_flag=True, help="Leave out the table's first line.")


def _allow(_: click.Context, __: click.Parameter, word: str) -> None:
    """The command's own deletions read it where the program reads it too."""
    if word:
        os.environ[ALLOW_DELETES] = word


allow_deletes_option = click.option(
    "--allow-deletes",
    metavar="WORD",
    default="",
    callback=_allow,
    expose_value=False,
    help="Delete what a refusal has listed: the word that it gave. Any word confirms what waits for that.",
)
watch_option = click.option(
    "--watch", "-w", is_flag=True, help="Go on, and print it again whenever it changes, until Ctrl-C."
)
limit_option = click.option(
    "--limit", type=click.IntRange(min=1), default=10, show_default=True, help="How many are shown at most."
)


def say(document: str, output: str) -> None:
    """Print a JSON document as it is, or as YAML with the same keys."""
    if output == "yaml":
        document = as_yaml(json.loads(document)).rstrip()
    click.echo(document)


def at_revision(settings: Settings, revision: str) -> Settings:
    """The settings with another revision of the repository; with "" the stack's own.

    Raises:
        ConfigError: it is none.
    """
    return settings.at(checked_revision(revision)) if revision else settings


def stack_settings(stack: str, project: Path) -> Settings:
    """The settings in a stack's file; only an encrypted value there needs the engine."""

    def secret(key: str) -> str:
        if key == TOKEN_KEY and os.environ.get(TOKEN):
            return ""
        from gitops.engine.config import secret_value  # the engine's SDK is slow to import

        return secret_value(stack, project, f"{NAMESPACE}:{key}")

    return settings_from(stack_values(stack, project, secret), stack, project, os.environ)
