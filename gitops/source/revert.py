"""Commits that bring back what folders held at an earlier commit, made without a working tree.

Git's plumbing does it in an index of its own, in the cache's repository: `read-tree`, `write-tree`, `commit-tree`.
"""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from gitops.model.errors import GitOpsError
from gitops.source.transport import bare

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def reverted(
    folder: Path, tip: str, target: str, paths: Collection[str], message: str, *, reproducible: bool = False
) -> str:
    """The id of a commit after `tip` in which these paths are as they were in `target`; "" is everything.

    Both commits are in the bare repository at `folder`. The commit's author is the user that Git knows here, and its
    time is now; one that is `reproducible` is by nobody, at the time of `target`, and so has the same id everywhere.
    Without a difference it is `tip` itself.

    Raises:
        GitOpsError: Git can't do it.
    """
    with tempfile.TemporaryDirectory(prefix="revert-") as scratch:
        own = {**bare(folder), "GIT_INDEX_FILE": str(Path(scratch) / "index")}
        own |= _nobody(folder, own, target) if reproducible else _author(folder)
        _git(folder, own, "read-tree", target if "" in paths else tip)
        for path in sorted(set(paths) - {""}):
            listed = _git(folder, own, "ls-files", "-z", "--", f":(top,literal){path}")
            _git(folder, own, "update-index", "-z", "--index-info", stdin=_removals(listed))
            entries = _git(folder, own, "ls-tree", "-r", "-z", "--full-tree", target, "--", path)
            _git(folder, own, "update-index", "-z", "--index-info", stdin=entries)
        tree = _git(folder, own, "write-tree").strip()
        if tree == _git(folder, own, "rev-parse", f"{tip}^{{tree}}").strip():
            return tip
        return _git(folder, own, "commit-tree", tree, "-p", tip, stdin=message).strip()


def _removals(listed: str) -> str:
    """Records of `update-index --index-info` that take files out; mode 0 means that."""
    return "".join(f"0 {'0' * 40}\t{name}\0" for name in listed.split("\0") if name)


def _author(folder: Path) -> dict[str, str]:
    """A name for a machine where nobody has told Git one."""
    known = subprocess.run(
        ["git", "var", "GIT_AUTHOR_IDENT"],
        cwd=folder,
        env={**os.environ, **bare(folder)},
        capture_output=True,
        check=False,
    )
    if known.returncode == 0:
        return {}
    return _written_by(f"gitops@{socket.gethostname()}")


def _nobody(folder: Path, own: Mapping[str, str], target: str) -> dict[str, str]:
    at = _git(folder, own, "show", "--no-patch", "--format=%cI", target).strip()
    return {**_written_by("gitops@localhost"), "GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at}


def _written_by(email: str) -> dict[str, str]:
    return {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "gitops"), ("EMAIL", email))
    }


def _git(folder: Path, own: Mapping[str, str], *words: str, stdin: str = "") -> str:
    done = subprocess.run(
        ["git", *words],
        cwd=folder,
        env={**os.environ, **own},
        input=stdin.encode(errors="surrogateescape"),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        told = " ".join(done.stderr.decode(errors="replace").split())[-300:]
        raise GitOpsError(f"Git can't make the commit: {told}", next_step="make it by hand: git revert")
    return done.stdout.decode(errors="surrogateescape")
