"""The Git repository itself: fetched shallowly into a cache, read by object id, never checked out.

Files are read from Git's own content-addressed objects, so nothing that lies about in a working tree can
ever reach a cluster.
"""

from __future__ import annotations

import configparser
import fcntl
import hashlib
import os
import shutil
import tempfile
import threading
import weakref
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")  # a missing git is told by `fetch`, not by an import
import git

from gitops.model.errors import AccessError
from gitops.source.commit import Commit, parse_tree
from gitops.source.transport import bare, download, tags_of, unexplained
from gitops.source.url import is_commit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gitops.model.settings import Repository

# What no server's answer explains may come from a damaged cache, and is tried once more in a new one.
_DAMAGE = (git.GitError, git.BadName, configparser.Error, OSError, ValueError)


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
    folder = cached(repository, cache)
    with _translated(repository, folder), locked(folder):
        with suppress(*_DAMAGE):
            return _current(folder, repository)
        _renew(folder, repository)
        return _current(folder, repository)


def tags(repository: Repository, cache: Path) -> tuple[str, ...]:
    """The names of all tags that the repository has now.

    Raises:
        AccessError: the repository can't be reached or does not let us in.
    """
    folder = cached(repository, cache)
    with _translated(repository, folder), locked(folder):
        _bare(folder)
        return tags_of(repository, folder)


def cached(repository: Repository, cache: Path) -> Path:
    """The bare repository of the cache that has what was fetched of a repository."""
    return cache / "repositories" / hashlib.sha256(repository.url.encode()).hexdigest()[:24]


def _current(folder: Path, repository: Repository) -> Commit:
    repo, sha = _bare(folder), repository.revision
    if is_commit(sha) and _has(repo, sha):
        sha = str(
            repo.git.rev_parse("--verify", f"{sha}^{{commit}}")
        )  # the id of a tag has a commit behind it
    else:
        sha = _fetch(repo, folder, repository)
    return _commit(repo, sha, _reader(folder, repository))


def _renew(folder: Path, repository: Repository) -> None:
    """Fetch into a new folder, and only then put the old one aside, where it lies until the next time."""
    with tempfile.TemporaryDirectory(
        prefix="fetch-", dir=folder.parent, ignore_cleanup_errors=True
    ) as scratch:
        fresh = Path(scratch) / "repository"
        fresh.mkdir()
        _fetch(_bare(fresh), fresh, repository)
        aside = folder.with_name(f"{folder.name}.damaged")
        shutil.rmtree(aside, ignore_errors=True)
        folder.rename(aside)
        fresh.rename(folder)


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


def _commit(repo: git.Repo, sha: str, read_object: Callable[[str], bytes]) -> Commit:
    time, author, subject = repo.git.show("-s", "--format=%ct%x00%an%x00%s", sha, "--").split("\0")
    listing = repo.git.ls_tree("-r", "-t", "-z", "--full-tree", sha)
    return Commit(
        sha=sha,
        time=int(time),
        author=author,
        subject=subject,
        entries=parse_tree(listing),
        read_object=read_object,
    )


def _reader(folder: Path, repository: Repository) -> Callable[[str], bytes]:
    """Content by object id through Git's one long-lived process, which answers one caller at a time.

    An object that is damaged or missing is fetched again, once, with the whole repository.
    """
    lock = threading.Lock()
    open_now = [_bare(folder)]
    renewed: list[bool] = []

    def content(object_id: str) -> bytes:
        return bytes(open_now[-1].odb.stream(bytes.fromhex(object_id)).read())

    def read(object_id: str) -> bytes:
        try:
            with lock:
                try:
                    return content(object_id)
                except _DAMAGE:
                    if renewed:
                        raise
                    renewed.append(True)
                    with _translated(repository, folder), locked(folder):
                        _renew(folder, repository)
                    open_now.append(_bare(folder))
                    return content(object_id)
        except _DAMAGE as error:
            raise AccessError(
                f"object {object_id} of the cached repository can't be read: {error}",
                next_step=f"remove the damaged cache: {folder}",
            ) from error

    def close() -> None:
        for repo in open_now:
            repo.git.clear_cache()

    weakref.finalize(read, close)  # ends Git's process, and not when it happens to be collected
    return read


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One fetch at a time for one cached repository; the lock ends with the process."""
    folder.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _translated(repository: Repository, folder: Path) -> Iterator[None]:
    """Turn what Git or the cache's folder complains about into an error of ours."""
    try:
        yield
    except (OSError, git.GitCommandNotFound) as error:
        raise AccessError(
            f"repository {repository.url} can't be cached in {folder.parent}: {' '.join(str(error).split())}",
            next_step="make sure that git is installed and that this folder can be written",
        ) from error
    except _DAMAGE as error:
        raise unexplained(repository, str(getattr(error, "stderr", "") or error)) from None
