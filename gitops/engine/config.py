"""Encrypted configuration, opened by the engine, which knows the stack's secrets provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi import automation

from gitops.engine.stacks import SETTINGS, translated

if TYPE_CHECKING:
    from pathlib import Path


def secret_value(stack: str, project: Path, key: str) -> str:
    """The clear value of an encrypted key, such as `gitops:repositoryToken`; costs two processes.

    Raises:
        GitOpsError: the stack does not exist, or its secrets can't be opened.
    """
    step = "set the passphrase or log in to the stack's secrets provider, as for any pulumi command"
    with translated(stack, f"can't open {key}", step):
        workspace = automation.LocalWorkspace(work_dir=str(project), env_vars=dict(SETTINGS))
        return workspace.get_config(stack, key).value
