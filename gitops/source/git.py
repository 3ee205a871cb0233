"""The Git repository itself: fetched shallowly into a cache, read by object id, never checked out.

Files are read from Git's own content-addressed objects, so nothing that lies about in a working tree can
ever reach a cluster.
"""

from __future__ import annotations

import base64
import configparser
import fcntl
import hashlib
import os
import shlex
import shutil
import tempfile
import threading
import weakref
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import git

from gitops.model.errors import AccessError, NotFoundError
from gitops.source.commit import Commit, parse_tree
from gitops.source.url import is_commit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gitops.model.settings import Repository

FETCH_TIMEOUT = 120.0
_NOT_FOUND = ("couldn't find remote ref", "not our ref", "no such remote ref", "unadvertised object")
_NO_ACCESS = (
    "authentication failed",
    "permission denied",
    "could not read username",
    "error: 403",
    "error: 401",
)
_NO_ANSWER = ("could not resolve", "failed to connect", "couldn't connect", "timed out", "did not complete")
# Anything else may come from a damaged cache, and is tried once more in a new one.
_NOT_DAMAGE = (*_NOT_FOUND, *_NO_ACCESS, *_NO_ANSWER)
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
    folder = cache / "repositories" / hashlib.sha256(repository.url.encode()).hexdigest()[:24]
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder), _translated(repository):
        try:
            return _current(folder, repository)
        except _DAMAGE as error:
            if any(sign in _text(error).lower() for sign in _NOT_DAMAGE):
                raise
            _renew(folder, repository)
            return _current(folder, repository)


def _current(folder: Path, repository: Repository) -> Commit:
    repo, sha = _bare(folder), repository.revision
    if not (is_commit(sha) and _has(repo, sha)):
        sha = _fetch(repo, repository)
    return _commit(repo, sha, _reader(folder, repository))


def _renew(folder: Path, repository: Repository) -> None:
    """Fetch into a new folder, and only then put the old one aside, where it lies until the next time."""
    with tempfile.TemporaryDirectory(
        prefix="fetch-", dir=folder.parent, ignore_cleanup_errors=True
    ) as scratch:
        fresh = Path(scratch) / "repository"
        fresh.mkdir()
        _fetch(_bare(fresh), repository)
        aside = folder.with_name(f"{folder.name}.damaged")
        shutil.rmtree(aside, ignore_errors=True)
        folder.rename(aside)
        fresh.rename(folder)


def _bare(folder: Path) -> git.Repo:
    """The cached repository, whatever repository the environment points Git at, as it does inside hooks."""
    own = {"GIT_DIR": str(folder), "GIT_OBJECT_DIRECTORY": str(folder / "objects")}
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


def _fetch(repo: git.Repo, repository: Repository) -> str:
    kept = f"refs/gitops/{hashlib.sha256(repository.revision.encode()).hexdigest()[:16]}"
    with repo.git.custom_environment(**_environment(repository)):
        repo.git.fetch(
            "--depth=1", "--no-tags", "--no-recurse-submodules", "--force", "--quiet",
            "--", repository.url, f"{repository.revision}:{kept}",
            kill_after_timeout=FETCH_TIMEOUT,
        )  # fmt: skip
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
                    with _locked(folder), _translated(repository):
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


def _environment(repository: Repository) -> dict[str, str]:
    """Git's surroundings: no prompt, no helper protocols, credentials out of sight of `ps`."""
    environment = {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "https:ssh:file",
        "GIT_SSH_COMMAND": "ssh -o BatchMode=yes",
    }
    if repository.key_file:
        environment["GIT_SSH_COMMAND"] += f" -o IdentitiesOnly=yes -i {shlex.quote(repository.key_file)}"
    if repository.token:
        basic = base64.b64encode(f"git:{repository.token}".encode()).decode()
        environment |= {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {basic}",
        }
    return environment


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One fetch at a time for one cached repository; the lock ends with the process."""
    with folder.with_name(f"{folder.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _translated(repository: Repository) -> Iterator[None]:
    """Turn Git's failures into ours, with the address and without the credential."""
    try:
        yield
    except _DAMAGE as error:
        text = _text(error)
        if repository.token:
            text = text.replace(repository.token, "***")
        reason = " ".join(line.strip() for line in text.splitlines() if line.strip())[-400:]
        if any(sign in text.lower() for sign in _NOT_FOUND):
            raise NotFoundError(
                f"repository {repository.url} has no revision {repository.revision!r}",
                next_step="set gitops:revision to a branch, tag or commit id that was pushed there",
            ) from error
        step = f"try it by hand: git ls-remote {repository.url}"
        if any(sign in text.lower() for sign in _NO_ACCESS):
            step = "set gitops:repositoryToken (https) or gitops:repositoryKeyFile (ssh)"
        raise AccessError(f"repository {repository.url} can't be read: {reason}", next_step=step) from error


def _text(error: Exception) -> str:
    """What Git said."""
    return str(getattr(error, "stderr", "") or error).strip().strip("'").strip()
