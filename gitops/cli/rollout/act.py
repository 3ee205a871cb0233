"""`gitops rollout promote`, `pause`, `resume`, `abort` and `retry`: what a person does to a Rollout."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from gitops.cli.color import painted
from gitops.cli.options import (
    application_argument,
    duration,
    output_option,
    say,
    stack_option,
    stack_settings,
)
from gitops.cluster.acts import abortion, full_promotion, pause, promotion, resumption, retrial
from gitops.delivery.rollouts.steer import steer
from gitops.model.errors import TimedOutError
from gitops.report import steering as report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gitops.cluster.acts import Act
    from gitops.cluster.client import Object

name_option = click.option(
    "--name", default="", help="One Rollout, where the application has several; all of them without it."
)
timeout_option = click.option(
    "--timeout",
    type=duration,
    default=30.0,
    show_default="30s",
    help="How long the controller may need to take it in.",
)


def _acting(command: Callable[..., None]) -> Callable[..., None]:
    """What all of these commands are given."""
    for option in reversed(
        (
            application_argument,
            stack_option,
            name_option,
            timeout_option,
            output_option("text", "json", "yaml"),
        )
    ):
        command = option(command)
    return click.pass_obj(command)


def _act(
    project: Path,
    verb: str,
    act: Callable[[Object], Act],
    *,
    application: str,
    stack: str,
    name: str,
    timeout: float,
    output: str,
) -> None:
    with _patience():
        found = steer(stack_settings(stack, project), application, name, act, timeout)
    if output == "text":
        click.echo(painted(report.as_text(found)))
    else:
        say(report.as_json(stack, verb, found), output)
    if any(item.late for item in found):
        raise click.exceptions.Exit(TimedOutError.exit_code)


@contextmanager
def _patience() -> Iterator[None]:
    """Say what goes on when it takes a while."""
    soon = threading.Timer(2.0, click.echo, ["waiting until the controller has taken it in"], {"err": True})
    soon.start()
    try:
        yield
    finally:
        soon.cancel()


@click.command("promote")
@_acting
@click.option("--full", is_flag=True, help="Leave out all steps, pauses and analyses that are left.")
def promote_rollout(project: Path, full: bool, **given: Any) -> None:
    """Let a Rollout go on: from its pause, or from the step that it is at to the next one.

    All Rollouts of a group go on with it.

    \b
    Examples:
      gitops rollout promote web --stack prod
      gitops rollout promote web --stack prod --full
    """
    _act(project, "promote", full_promotion if full else promotion, **given)


@click.command("pause")
@_acting
def pause_rollout(project: Path, **given: Any) -> None:
    """Let a Rollout stand where it is until it is resumed.

    \b
    Examples:
      gitops rollout pause web --stack prod
    """
    _act(project, "pause", pause, **given)


@click.command("resume")
@_acting
def resume_rollout(project: Path, **given: Any) -> None:
    """Take back that a Rollout was paused by hand; at a pause of its own it stays.

    \b
    Examples:
      gitops rollout resume web --stack prod
    """
    _act(project, "resume", resumption, **given)


@click.command("abort")
@_acting
def abort_rollout(project: Path, **given: Any) -> None:
    """Take a Rollout back: users have the version from before again, at once.

    Git still states the new one: the application is Degraded until a commit, a retry or undo. All Rollouts of
    a group are taken back with it.

    \b
    Examples:
      gitops rollout abort web --stack prod
      gitops rollout abort web --stack prod --name web -o json | jq '.rollouts[].after.status'
    """
    _act(project, "abort", abortion, **given)


@click.command("retry")
@_acting
def retry_rollout(project: Path, **given: Any) -> None:
    """Begin a Rollout anew that was aborted, from its first step.

    \b
    Examples:
      gitops rollout retry web --stack prod
    """
    _act(project, "retry", retrial, **given)
