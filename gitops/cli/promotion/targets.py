"""Which stacks the words of a command line mean, and what would be promoted to them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from gitops.cli.options import stack_settings
from gitops.model.errors import ConfigError, RefusedError
from gitops.source.stackfile import stack_names, stack_values

if TYPE_CHECKING:
    from gitops.delivery.promotion.look import Candidate
    from gitops.model.settings import Settings


class Targets(NamedTuple):
    """What is promoted to: one stack, or in their order all of a stage.

    Attributes:
        source: the stack that has to prove it, as it was named or configured; "" for a hotfix.
        stage: its name; "" for one stack.
    """

    source: str
    stage: str
    stacks: tuple[Settings, ...]

    @property
    def name(self) -> str:
        """The stack's name, or the stage's."""
        return self.stage or self.stacks[0].stack


def targets(project: Path, words: tuple[str, ...], *, hotfix: bool = False) -> Targets:
    """What `[SOURCE] TARGET` means.

    Raises:
        ConfigError: nothing says where from, or TARGET is both a stack and another one's stage.
        RefusedError: a stack is promoted from another one than was named.
        NotFoundError: there is neither a stack nor a stage of that name.
    """
    if len(words) > 2 or (hotfix and len(words) > 1):
        raise click.UsageError("name one TARGET, and at most one SOURCE before it; a hotfix has no SOURCE")
    stage, members = _members(project, words[-1])
    stacks = tuple(stack_settings(name, project) for name in members)
    if hotfix:
        return Targets("", stage, _ordered(stacks))
    configured = {stack.promotion.source: stack.stack for stack in stacks if stack.promotion.source}
    source = words[0] if len(words) == 2 else next(iter(sorted(configured)), "")
    if not source:
        raise ConfigError(
            f"nothing says what {words[-1]} is promoted from",
            next_step=f"set gitops:promotesFrom in Pulumi.{stacks[0].stack}.yaml, or name SOURCE",
        )
    if source in members:
        raise ConfigError(f"{source} can't be promoted from itself", next_step="name another SOURCE")
    for other, stack in configured.items():
        if other != source:
            raise RefusedError(
                f"{stack} is promoted from {other}, not from {source}",
                next_step=f"promote to {other} first, or use --hotfix",
            )
    return Targets(source, stage, _ordered(stacks))


def looked_at(
    project: Path, found: Targets, revision: str, applications: tuple[str, ...]
) -> tuple[Candidate, ...]:
    """What would be promoted to each of the stacks; `revision` is a hotfix's, else ""; without names all of it."""
    from gitops.delivery.promotion import look as room  # the engine's SDK is slow to import

    if revision:
        looked = room.hotfix(found.stacks, revision, project, stage=found.stage, applications=applications)
    else:
        source = stack_settings(found.source, project)
        looked = room.look(source, found.stacks, project, say, stage=found.stage, applications=applications)
    if applications and not looked[0].resumed:
        own = looked[0].unit.revision[:12]
        say(f"{own} is a commit of its own: {', '.join(applications)} is taken over, all else is as it was")
    return looked


applications_option = click.option(
    "--app",
    "applications",
    multiple=True,
    metavar="NAME",
    help="Promote only this application, and leave all else as it is; may be repeated.",
)


def say(line: str) -> None:
    """A line for whoever watches."""
    click.echo(line, err=True)


def complete_targets(context: click.Context, _: click.Parameter, typed: str) -> list[str]:
    """Stacks and stages, for the shell's completion."""
    project = Path(context.find_root().params.get("project") or Path.cwd())
    try:
        names = set(stack_names(project)) | set(_stages(project).values()) - {""}
    except ConfigError:
        return []
    return sorted(name for name in names if name.startswith(typed))


def _members(project: Path, name: str) -> tuple[str, list[str]]:
    """The stage's name and its stacks, or "" and the stack of that name, whether or not there is one."""
    members = [stack for stack, stage in _stages(project).items() if stage == name]
    if not members or members == [name]:
        return "", [name]
    if name in stack_names(project):
        others = ", ".join(stack for stack in members if stack != name)
        raise ConfigError(
            f"{name} is a stack, and the stage of {others}",
            next_step="give the stage another name in gitops:stage",
        )
    return name, members


def _stages(project: Path) -> dict[str, str]:
    """The stage of each stack, as its file says it."""
    return {name: str(stack_values(name, project).get("stage", "")) for name in stack_names(project)}


def _ordered(stacks: tuple[Settings, ...]) -> tuple[Settings, ...]:
    return tuple(sorted(stacks, key=lambda stack: (stack.promotion.group, stack.stack)))
