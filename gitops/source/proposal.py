"""A change to the project's files on a branch of its own, pushed for review; the working tree stays as it is."""

from __future__ import annotations

import os
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gitops.model.errors import AccessError, ConfigError, GitOpsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TIMEOUT = 120.0


def current_branch(project: Path) -> str:
    """The branch that the project's working tree is on.

    Raises:
        ConfigError: it is in no working tree, or on no branch.
    """
    name = _git(project, "symbolic-ref", "--quiet", "--short", "HEAD", fails=ConfigError)
    return name.strip()


def pushed(project: Path, branch: str, message: str, change: Callable[[Path], None]) -> bool:
    """Push a branch to `origin` that has one commit more than the working tree's; whether it was not there before.

    `change` is given the project's folder in a working tree of its own, and changes files that Git knows.

    Raises:
        ConfigError: the project is in no working tree, or has no `origin`.
        AccessError: `origin` does not answer, or does not let us write.
        GitOpsError: Git refuses the commit.
    """
    if _git(project, "ls-remote", "--heads", "origin", f"refs/heads/{branch}", fails=AccessError):
        return False
    with _beside(project) as folder:
        change(folder)
        _git(folder, "commit", "--quiet", "--all", "--message", message)
        _git(folder, "push", "--quiet", "origin", f"HEAD:refs/heads/{branch}", fails=AccessError)
    return True


@contextmanager
def _beside(project: Path) -> Iterator[Path]:
    """The project's folder in another working tree, at the commit that the first one is at."""
    prefix = _git(project, "rev-parse", "--show-prefix", fails=ConfigError).strip()
    with tempfile.TemporaryDirectory(prefix="gitops-") as scratch:
        tree = Path(scratch) / "tree"
        _git(project, "worktree", "add", "--quiet", "--detach", str(tree), "HEAD")
        try:
            yield tree / prefix
        finally:
            _git(project, "worktree", "remove", "--force", str(tree))


def _git(folder: Path, *words: str, fails: type[GitOpsError] = GitOpsError) -> str:
    command = ["git", *words]
    surroundings = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise AccessError(
            f"origin did not answer `git {words[0]}` in {_TIMEOUT:g} s",
            next_step="see whether it answers at all",
        ) from None
    if done.returncode:
        told = " ".join((done.stderr or done.stdout).split())[-300:]
        raise fails(
            f"git {words[0]} in {folder.name} failed: {told or 'it gave no reason'}",
            next_step="the project has to be a clone, on a branch, whose origin may be pushed to",
        )
    return done.stdout
