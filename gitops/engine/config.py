"""Encrypted configuration, opened and set by the engine, which knows the stack's secrets provider."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from pulumi import automation

from gitops.engine.stacks import SETTINGS, translated
from gitops.model.errors import GitOpsError

if TYPE_CHECKING:
    from pathlib import Path

_STEP = "set the passphrase or log in to the stack's secrets provider, as for any pulumi command"


def secret_value(stack: str, project: Path, key: str) -> str:
    """The clear value of an encrypted key, such as `gitops:repositoryToken`; costs two processes.

    Raises:
        GitOpsError: the stack does not exist, or its secrets can't be opened.
    """
    with translated(stack, f"can't open {key}", _STEP):
        workspace = automation.LocalWorkspace(work_dir=str(project), env_vars=dict(SETTINGS))
        return workspace.get_config(stack, key).value


def set_secret(stack: str, project: Path, key: str, value: str) -> None:
    """Write an encrypted key into the stack's file.

    The value goes through standard input: the SDK would put it among the arguments of a process.

    Raises:
        GitOpsError: the stack does not exist, or its secrets can't be sealed.
    """
    done = subprocess.run(
        ["pulumi", "config", "set", key, "--secret", "--stack", stack, "--non-interactive"],
        cwd=project,
        env={**os.environ, **SETTINGS},
        input=value,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        told = " ".join(done.stderr.replace(value, "***").split())[-500:]
        raise GitOpsError(f"stack {stack!r} can't keep {key}: {told}", next_step=_STEP)
