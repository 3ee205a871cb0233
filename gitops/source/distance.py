"""How far commits of a repository are from each other, counted in commits."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, NamedTuple

os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
import git

from gitops.model.errors import GitOpsError
from gitops.source.git import cached, locked
from gitops.source.transport import bare, download_history, unexplained

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from gitops.model.settings import Repository


class Distance(NamedTuple):
    """How many commits one has that the other lacks, and the other way round."""

    ahead: int
    behind: int


def distances(
    repository: Repository, cache: Path, pairs: Collection[tuple[str, str]]
) -> dict[tuple[str, str], Distance]:
    """How far the first commit of each pair is from the second; one fetch for all of them.

    Histories are kept beside what is fetched for reading files, which has none.

    Raises:
        GitOpsError: the repository can't be reached, or does not have the commits any more.
    """
    apart = {pair for pair in pairs if pair[0] != pair[1]}
    found = {pair: Distance(0, 0) for pair in pairs}
    if not apart:
        return found
    folder = cached(repository, cache).with_suffix(".history")
    try:
        with locked(folder):
            git.Git(folder).init("--quiet", "--bare", env=bare(folder))
            download_history(repository, folder, {commit for pair in apart for commit in pair})
    except git.GitCommandError as error:
        raise unexplained(repository, str(error.stderr)) from None
    return found | {pair: _distance(folder, *pair) for pair in apart}


def _distance(folder: Path, one: str, other: str) -> Distance:
    done = subprocess.run(
        ["git", "rev-list", "--left-right", "--count", f"{one}...{other}", "--"],
        env={**os.environ, **bare(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise GitOpsError(f"Git can't count commits: {' '.join(done.stderr.split())[-300:]}")
    ahead, behind = done.stdout.split()
    return Distance(int(ahead), int(behind))
