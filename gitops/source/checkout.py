"""The working tree that the project's folder is in: its commits, and files as they were."""

from __future__ import annotations

import subprocess
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from gitops.model.errors import AccessError
from gitops.source.url import checked_revision

if TYPE_CHECKING:
    from pathlib import Path


def commit_of(folder: Path, revision: str) -> str:
    """The commit that a revision names in the working tree's repository; "" when it has none, or there is no tree.

    A branch that was only fetched counts as well: `main` is `origin/main` where there is no other.

    Raises:
        ConfigError: the text is no revision.
    """
    name = checked_revision(revision)
    for candidate in (name, f"origin/{name}"):
        found = _git(folder, "rev-parse", "--verify", "--quiet", f"{candidate}^{{commit}}")
        if found:
            return found
    return ""


def is_branch(folder: Path, name: str) -> bool:
    """Whether the repository has a branch of that name, its own or one that was fetched."""
    places = (f"refs/heads/{name}", f"refs/remotes/origin/{name}")
    return bool(name) and any(_git(folder, "rev-parse", "--verify", "--quiet", place) for place in places)


def merge_base(folder: Path, one: str, other: str) -> str:
    """The newest commit that two commits come after; "" when it isn't known here, as in a shallow clone."""
    return _git(folder, "merge-base", one, other)


def comes_after(folder: Path, commit: str, other: str) -> bool:
    """Whether a commit is another one's descendant, as far as it is known here."""
    return commit != other and bool(other) and merge_base(folder, commit, other) == other


def parents(folder: Path, commit: str) -> tuple[str, ...]:
    """The commits that a commit comes right after; more than one for a merge, none where they aren't known here."""
    found = _git(folder, "rev-parse", "--quiet", f"{commit}^@").split()
    return tuple(found)


def remote(folder: Path) -> str:
    """The address that the working tree was cloned from; "" without one. A credential in it is left out."""
    address = _git(folder, "config", "--get", "remote.origin.url")
    scheme, separator, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}" if separator else address


def files_at(folder: Path, commit: str, pattern: str) -> dict[str, bytes]:
    """The files right in a folder, as they were at a commit, whose names fit a glob such as `Pulumi.*.yaml`.

    Raises:
        AccessError: Git can't read them.
    """
    prefix = _git(folder, "rev-parse", "--show-prefix")
    listed = _git(
        folder, "ls-tree", "--name-only", "-z", "--full-tree", commit, *([prefix] if prefix else [])
    )
    names = [path.removeprefix(prefix) for path in listed.split("\0")]
    return {
        name: _content(folder, f"{commit}:{prefix}{name}")
        for name in names
        if name and "/" not in name and fnmatchcase(name, pattern)
    }


def _content(folder: Path, name: str) -> bytes:
    done = subprocess.run(
        ["git", "cat-file", "blob", name],
        cwd=folder,
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise AccessError(
            f"Git can't read {name}", next_step="fetch the whole history: git fetch --unshallow"
        )
    return done.stdout


def _git(folder: Path, *arguments: str) -> str:
    """What a command prints, "" when it fails: what is asked for is not there then."""
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except OSError:  # no git
        return ""
    return done.stdout.strip("\n") if done.returncode == 0 else ""
