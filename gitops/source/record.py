"""Files of the project that commands change, committed where the project is in Git."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from gitops.model.errors import GitOpsError, Location

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def commit_changed(folder: Path, names: Sequence[str], message: str) -> str:
    """Commit files as they are now in one commit, and nothing else; gives the commit's id.

    "" when the folder is in no working tree, or when nothing has changed. Files that Git does not track stay so.

    Raises:
        GitOpsError: Git refuses; the files stay changed.
    """
    told = _git(folder, "ls-files", "-z", "--", *names)
    tracked = [name for name in told.stdout.split("\0") if name] if not told.returncode else []
    if not tracked or not _git(folder, "diff", "--quiet", "HEAD", "--", *tracked).returncode:
        return ""
    done = _git(folder, "commit", "--quiet", "--only", "--message", message, "--", *tracked)
    if done.returncode:
        raise GitOpsError(
            f"Git does not commit the change: {done.stderr.strip() or done.stdout.strip()}",
            where=Location(", ".join(tracked)),
            next_step="commit by hand, then run the command again",
        )
    return _git(folder, "rev-parse", "HEAD").stdout.strip()


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
