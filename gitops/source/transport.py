"""Reaching a repository: how Git is run, how long it may take, and what its refusals mean."""

from __future__ import annotations

import base64
import os
import re
import shlex
import signal
import subprocess
from typing import TYPE_CHECKING

from git import GitCommandError

from gitops.model.errors import AccessError, ConflictError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from gitops.model.errors import GitOpsError
    from gitops.model.settings import Repository

TIMEOUT = 120.0
"""Seconds that a fetch or push may take."""

_MOVED = re.compile(r"fetch first|non-fast-forward|cannot lock ref|stale info")

_NO_REVISION = re.compile(r"couldn't find remote ref|not our ref|no such remote ref|unadvertised object")
_NO_NEWS = re.compile(
    r"fatal: Could not read from remote repository\.|Please make sure you have the correct access rights"
    r"|and the repository exists\.|^\W+$|^fatal: ",
    re.MULTILINE,
)
_ASKED = re.compile(r"could not read (Username|Password) for .*")
_REFUSALS = (
    (
        re.compile(r"host key verification failed"),
        "compare the host's key with the one its operator publishes, then put that into known_hosts",
    ),
    (
        re.compile(r"permission denied \("),
        "set gitops:repositoryKeyFile to a private key that may read it and that is yours alone (chmod 600)",
    ),
    (
        re.compile(r"could not read (username|password)|authentication failed|returned error: 40[13]"),
        "set gitops:repositoryToken, or GITOPS_REPOSITORY_TOKEN, to a token that may read it",
    ),
    (
        re.compile(r"certificate"),
        "tell Git which authority to trust: git config --global http.sslCAInfo FILE",
    ),
    (
        re.compile(r"returned error: 30\d"),
        "it has moved, and a token is not carried along: set gitops:repository to the new address",
    ),
    (
        re.compile(r"repository '.*' not found|does not appear to be a git repository"),
        "check gitops:repository: git ls-remote {url}; servers also say so when the credential may not read it",
    ),
    (
        re.compile(
            r"could not resolve|failed to connect|connect to host|connection (refused|reset|closed|timed out)"
            r"|returned error: 5\d\d"
        ),
        "see whether it answers at all: git ls-remote {url}",
    ),
)


def download(repository: Repository, folder: Path, ref: str) -> None:
    """Fetch the commit that the revision names now, without its history, as a ref of a bare repository.

    Raises:
        AccessError: the repository can't be reached in time, or does not let us in.
        NotFoundError: it has no such revision.
        GitCommandError: Git failed without a word from the repository's server; the folder may be damaged.
        OSError: Git can't be started.
    """
    options = ("--depth=1", "--no-tags", "--no-recurse-submodules", "--force", "--quiet")
    _git(
        "fetch", *options, "--", repository.url, f"{repository.revision}:{ref}", of=repository, folder=folder
    )


def download_history(repository: Repository, folder: Path, commits: Iterable[str]) -> None:
    """Fetch commits and all that came before them, without their files where the server can leave those out.

    Each is kept as a ref of the bare repository, by its id. Raises what `download` does.
    """
    options = ("--filter=tree:0", "--no-tags", "--no-recurse-submodules", "--force", "--quiet")
    refs = [f"{commit}:refs/gitops/{commit}" for commit in sorted(set(commits))]
    _git("fetch", *options, "--", repository.url, *refs, of=repository, folder=folder)


def tags_of(repository: Repository, folder: Path) -> tuple[str, ...]:
    """The names of the repository's tags, by way of a bare repository; raises what `download` does."""
    told = _git(
        "ls-remote", "--tags", "--refs", "--quiet", "--", repository.url, of=repository, folder=folder
    )
    return tuple(line.partition("\trefs/tags/")[2] for line in told.splitlines())


def push(repository: Repository, folder: Path, commit: str, branch: str) -> None:
    """Make a branch of the repository, or a new one, name a commit that comes after what it names now.

    Never by force: what others pushed in the meantime stays.

    Raises:
        ConflictError: somebody else has pushed to the branch.
        AccessError: the repository can't be reached in time, or does not let us write.
    """
    try:
        _git(
            "push",
            "--quiet",
            "--",
            repository.url,
            f"{commit}:refs/heads/{branch}",
            of=repository,
            folder=folder,
        )
    except GitCommandError as error:
        told = str(error.stderr)
        if _MOVED.search(told.lower()):
            raise ConflictError(
                f"somebody else has pushed to branch {branch!r} of {repository.url}", next_step="run it again"
            ) from None
        step = "use a token or key that may write, or --branch for another branch"
        raise _unreadable(repository, told, step, "written") from None


def is_branch(repository: Repository, folder: Path, name: str) -> bool:
    """Whether the repository has a branch of that name.

    Raises:
        AccessError: it can't be asked.
    """
    try:
        return bool(
            _git(
                "ls-remote",
                "--heads",
                "--",
                repository.url,
                f"refs/heads/{name}",
                of=repository,
                folder=folder,
            )
        )
    except GitCommandError as error:
        raise unexplained(repository, str(error.stderr)) from None


def _git(*arguments: str, of: Repository, folder: Path) -> str:
    """What a command of Git that speaks to the repository's server prints."""
    command = ["git", *arguments]
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **bare(folder), **_surroundings(of, os.environ)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,  # so that it can be ended together with the ssh or https client it starts
    ) as process:
        try:
            printed, told = process.communicate(timeout=TIMEOUT)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                raise AccessError(
                    f"repository {of.url} did not deliver {of.revision!r} in {TIMEOUT:g} s",
                    next_step=f"see whether it answers at all: git ls-remote {of.url}",
                ) from None
            raise
    if process.returncode:
        raise _refusal(of, told) or GitCommandError(command, process.returncode, told)
    return printed


def bare(folder: Path) -> dict[str, str]:
    """What makes Git use a bare repository, whatever the environment says, as it does inside hooks."""
    return {"GIT_DIR": str(folder), "GIT_OBJECT_DIRECTORY": str(folder / "objects")}


def _surroundings(repository: Repository, environment: Mapping[str, str]) -> dict[str, str]:
    """No questions, no helper protocols, no host that is not known, no credential that `ps` could show."""
    ssh = f"{environment.get('GIT_SSH_COMMAND') or 'ssh'} -o BatchMode=yes -o StrictHostKeyChecking=yes"
    if repository.key_file:
        ssh += f" -o IdentitiesOnly=yes -i {shlex.quote(repository.key_file)}"
    surroundings = {
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "GIT_ALLOW_PROTOCOL": "https:ssh:file",
        "GIT_SSH_COMMAND": ssh,
    }
    if repository.token:
        # Git would send the header on to whatever host a redirection names.
        header = ("extraHeader", f"Authorization: Basic {_basic(repository.token)}")
        first = int(environment.get("GIT_CONFIG_COUNT") or 0)
        for number, (key, value) in enumerate((header, ("followRedirects", "false")), first):
            surroundings[f"GIT_CONFIG_KEY_{number}"] = f"http.{repository.url}.{key}"
            surroundings[f"GIT_CONFIG_VALUE_{number}"] = value
            surroundings["GIT_CONFIG_COUNT"] = str(number + 1)
    return surroundings


def _basic(token: str) -> str:
    """A token as the password of Basic authentication; servers of Git take any user's name with it."""
    return base64.b64encode(f"git:{token}".encode()).decode()


def _refusal(repository: Repository, told: str) -> GitOpsError | None:
    """What the server's answer means, if it is one that is known."""
    if _NO_REVISION.search(told.lower()):
        return NotFoundError(
            f"repository {repository.url} has no revision {repository.revision!r}",
            next_step="set gitops:revision to a branch, a tag, or all 40 characters of a commit id, pushed there",
        )
    for sign, step in _REFUSALS:
        if sign.search(told.lower()):
            return _unreadable(repository, told, step)
    return None


def unexplained(repository: Repository, told: str) -> AccessError:
    """The error for a failure of Git that nothing is known about."""
    return _unreadable(repository, told, "try it by hand: git ls-remote {url}")


def _unreadable(repository: Repository, told: str, step: str, what: str = "read") -> AccessError:
    """Git's words without the credential, and without what could move a terminal."""
    if repository.token:
        told = told.replace(repository.token, "***").replace(_basic(repository.token), "***")
    asked = "the server does not accept the token" if repository.token else "the server wants a token"
    told = _NO_NEWS.sub("", _ASKED.sub(asked, told))
    reason = " ".join("".join(letter if letter.isprintable() else " " for letter in told).split())[-400:]
    return AccessError(
        f"repository {repository.url} can't be {what}: {reason}", next_step=step.format(url=repository.url)
    )
