"""Files of the project that commands change, committed where the project is in Git."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from gitops.model.errors import GitOpsError, Location

if TYPE_CHECKING:
    from pathlib import Path


def commit_file(folder: Path, name: str, message: str) -> str:
    """Commit one file as it is now, and nothing else; gives the commit's id.

    "" when the folder is in no working tree, when Git does not track the file, or when nothing has changed.

    Raises:
        GitOpsError: Git refuses; the file stays changed.
    """
    if _git(folder, "ls-files", "--error-unmatch", "--", name).returncode:
        return ""
    if not _git(folder, "diff", "--quiet", "HEAD", "--", name).returncode:
        return ""
    done = _git(folder, "commit", "--quiet", "--only", "--message", message, "--", name)
    if done.returncode:
        raise GitOpsError(
            f"Git does not commit the change: {done.stderr.strip() or done.stdout.strip()}",
            where=Location(name),
            next_step="commit the file by hand, then run the command again",
        )
    return _git(folder, "rev-parse", "HEAD").stdout.strip()


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
