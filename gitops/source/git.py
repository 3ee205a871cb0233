"""The Git repository itself: fetched shallowly into a cache, read by object id, never checked out.

Files are read from Git's own content-addressed objects, so nothing that lies about in a working tree can
ever reach a cluster.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import shlex
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
_NO_ACCESS = ("authentication failed", "permission denied", "could not read username", "403", "401")


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
        repo = _bare(folder)
        sha = repository.revision
        if not (is_commit(sha) and _has(repo, sha)):
            sha = _fetch(repo, repository)
        return _commit(repo, sha)


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
    """One fetch at a time in one cached repository; the lock ends with the process."""
    with (folder / "gitops.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _translated(repository: Repository) -> Iterator[None]:
    """Turn Git's failures into ours, with the address and without the credential."""
    try:
        yield
    except (git.GitError, OSError, ValueError) as error:
        text = str(getattr(error, "stderr", "") or error).strip().strip("'").strip()
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
