"""Commands of the engine about one stack, and the tags that its backend keeps with a stack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
from pulumi import automation

from gitops.engine.locks import backend
from gitops.engine.stacks import SETTINGS, translated
from gitops.model.errors import GitOpsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

LONGEST_TAG = 250
"""Characters of a tag's value; every backend takes 256."""


def told(stack: str, project: Path, *arguments: str) -> str:
    """What `pulumi` prints for a stack.

    Raises:
        GitOpsError: it failed; the message has its reason.
    """
    command = " ".join(arguments[:2])
    with translated(stack, f"does not answer `{command}`", f"check that `pulumi {command}` works here"):
        workspace = automation.LocalWorkspace(work_dir=str(project), env_vars=dict(SETTINGS))
        return workspace.pulumi_command.run(
            [*arguments, "--stack", stack], workspace.work_dir, workspace.env_vars
        ).stdout


def tags(stack: str, project: Path) -> Mapping[str, str]:
    """All tags of a stack.

    Raises:
        GitOpsError: the backend does not tell.
    """
    found = json.loads(told(stack, project, "stack", "tag", "ls", "--json") or "{}") or {}
    return {str(name): str(text) for name, text in found.items()}


def packed(texts: Iterable[str]) -> str:
    """Texts as one that a tag takes, a list in JSON; the longest of them is cut to that end."""
    kept = list(texts)
    while len(text := msgspec.json.encode(kept).decode()) > LONGEST_TAG:
        longest = max(range(len(kept)), key=lambda place: len(kept[place]))
        kept[longest] = f"{kept[longest][:-10]}…"
    return text


def set_tag(stack: str, project: Path, name: str, text: str) -> None:
    """Keep a text with a stack.

    Raises:
        GitOpsError: the backend does not take it, or its disk is full.
    """
    _changed_tags(stack, project, "set", name, text)


def remove_tag(stack: str, project: Path, name: str) -> None:
    """Take a text off again.

    Raises:
        GitOpsError: there is no such tag, or the backend refuses, or its disk is full.
    """
    _changed_tags(stack, project, "rm", name)


def _changed_tags(stack: str, project: Path, *words: str) -> None:
    kept = backend(stack, project)
    if kept and kept.is_full():
        # the engine would leave an empty file: all tags were lost, and the stack could not be opened again
        raise GitOpsError(
            f"no space is left in {kept.folder}, where the state of stack {stack!r} is",
            next_step="make room there and run again",
        )
    told(stack, project, "stack", "tag", *words)
