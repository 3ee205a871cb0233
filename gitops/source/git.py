"""The Git repository itself: fetched shallowly into a cache, read by object id, never checked out.

Files are read from Git's own content-addressed objects, so nothing that lies about in a working tree can
ever reach a cluster.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
import weakref
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")  # a missing git is told by `fetch`, not by an import
import git

from gitops.model.errors import AccessError
from gitops.source.commit import Commit, parse_tree
from gitops.source.transport import bare, download
from gitops.source.url import is_commit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gitops.model.settings import Repository


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where fetched repositories and parsed files are kept, outside every checkout."""
    base = environment.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "pulumi-gitops"


def fetch(repository: Repository, cache: Path) -> Commit:
    """The commit that the repository's revision names now.

    One fetch of one commit; none at all when the revision is a commit id that is already in the cache.

    Raises:
        AccessError: the repository can't be reached or does not let us in.
        NotFoundError: it has no such revision.
    """
    folder = cache / "repositories" / hashlib.sha256(repository.url.encode()).hexdigest()[:24]
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder), _translated(repository, folder):
        repo = _bare(folder)
        sha = repository.revision
        if not (is_commit(sha) and _has(repo, sha)):
            sha = _fetch(repo, folder, repository)
        return _commit(repo, sha)


def _bare(folder: Path) -> git.Repo:
    """The cached repository, made when it is not there."""
    own = bare(folder)
    try:
        repo = git.Repo(folder)
    except (git.InvalidGitRepositoryError, git.NoSuchPathError):
        git.Git(folder).init("--quiet", "--bare", "--initial-branch=cache", env=own)
        repo = git.Repo(folder)
    repo.git.update_environment(**own)
    return repo


def _has(repo: git.Repo, sha: str) -> bool:
    try:
        repo.git.cat_file("-e", f"{sha}^{{tree}}")
    except git.GitCommandError:
        return False
    return True


def _fetch(repo: git.Repo, folder: Path, repository: Repository) -> str:
    kept = f"refs/gitops/{hashlib.sha256(repository.revision.encode()).hexdigest()[:16]}"
    download(repository, folder, kept)
    return str(repo.git.rev_parse("--verify", f"{kept}^{{commit}}"))


def _commit(repo: git.Repo, sha: str) -> Commit:
    time, author, subject = repo.git.show("-s", "--format=%ct%x00%an%x00%s", sha, "--").split("\0")
    listing = repo.git.ls_tree("-r", "-t", "-z", "--full-tree", sha)
    return Commit(
        sha=sha,
        time=int(time),
        author=author,
        subject=subject,
        entries=parse_tree(listing),
        read_object=_reader(repo),
    )


def _reader(repo: git.Repo) -> Callable[[str], bytes]:
    """Content by object id through Git's one long-lived reader, which answers one caller at a time."""
    lock = threading.Lock()

    def read(object_id: str) -> bytes:
        try:
            with lock:
                return bytes(repo.odb.stream(bytes.fromhex(object_id)).read())
        except (git.GitError, git.BadName, OSError, ValueError) as error:
            raise AccessError(
                f"object {object_id} of the cached repository can't be read: {error}",
                next_step=f"remove the damaged cache: {repo.git_dir}",
            ) from error

    weakref.finalize(
        read, repo.git.clear_cache
    )  # ends Git's process, and not when it happens to be collected
    return read


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One fetch at a time in one cached repository; the lock ends with the process."""
    with (folder / "gitops.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _translated(repository: Repository, folder: Path) -> Iterator[None]:
    """Turn what goes wrong in the cache into an error of ours."""
    try:
        yield
    except (git.GitError, OSError, ValueError) as error:
        reason = " ".join(str(getattr(error, "stderr", "") or error).split())[-400:]
        raise AccessError(
            f"the cached copy of repository {repository.url} can't be used: {reason}",
            next_step=f"make sure that git is installed and the cache is yours, or remove it: {folder}",
        ) from error
