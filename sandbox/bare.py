"""A bare Git repository that gets its commits from folders, and keeps every commit it is given."""

from __future__ import annotations

import fcntl
import os
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING

from gitops.model.errors import AccessError, Location, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WRITTEN = "refs/heads/example"
MAIN = "refs/heads/main"

_IDENTITY = {
    "GIT_AUTHOR_NAME": "Sandbox",
    "GIT_AUTHOR_EMAIL": "sandbox@homelab.invalid",
    "GIT_AUTHOR_DATE": "2025-01-01T00:00:00+0000",
    "GIT_COMMITTER_NAME": "Sandbox",
    "GIT_COMMITTER_EMAIL": "sandbox@homelab.invalid",
    "GIT_COMMITTER_DATE": "2025-01-01T00:00:00+0000",
}


def publish(repository: Path, folder: Path, *, message: str) -> str:
    """Commit what is in a folder on branch `main` and return the commit that `main` is at afterwards.

    Every version written here is also on branch `example`. While `main` is where `example` is, both go on
    together, also after somebody has brought `main` to the same content, such as by a revert. Once somebody
    has moved it elsewhere, it stays theirs: the new version goes on `example` alone, a line says so, and
    `git merge example` takes it. An unchanged folder writes nothing. Author, dates and settings are fixed,
    so equal folders give equal commit ids.

    Raises:
        AccessError: the place is taken by something else, or git can't write there.
        NotFoundError: git is not installed.
    """
    _create(repository)
    with _alone(repository):
        return _publish(repository, folder, message)


def _publish(repository: Path, folder: Path, message: str) -> str:
    tree = _tree(repository, folder)
    main, written = _commit(repository, MAIN), _commit(repository, WRITTEN)
    if main != written and main and _git(repository, "rev-parse", f"{main}^{{tree}}") == tree:
        _git(repository, "update-ref", WRITTEN, main)  # somebody has come to the same, such as by a revert
        return main
    latest = written
    if not written or _git(repository, "rev-parse", f"{written}^{{tree}}") != tree:
        parent = ["-p", written] if written else []
        latest = _git(repository, "commit-tree", tree, *parent, "-m", message, environment=_IDENTITY)
    moved = bool(main) and main != written
    updates = [(WRITTEN, latest, written), *([] if moved else [(MAIN, latest, main)])]
    changes = [f"update {ref} {new} {old or '0' * 40}\n" for ref, new, old in updates if new != old]
    if changes:
        _git(
            repository, "update-ref", "--stdin", given="".join(["start\n", *changes, "prepare\n", "commit\n"])
        )
    if moved and latest != written:
        print(
            f"{repository}: main has moved on and was left alone; `git merge example` takes the new version"
        )
    return main if moved else latest


def _create(repository: Path) -> None:
    """Make an empty repository where there is none; it appears whole or not at all."""
    # looked at first: another run may make it between two looks
    is_taken = repository.exists() and (not repository.is_dir() or any(repository.iterdir()))
    if (repository / "HEAD").is_file() and (repository / "objects").is_dir():
        return
    if is_taken:
        raise AccessError(
            "this is not a bare Git repository, and it is not empty",
            where=Location(str(repository)),
            next_step="move it away, or give another place",
        )
    try:
        repository.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f"{repository.name}.", dir=repository.parent))
    except OSError as error:
        raise AccessError(
            f"a repository can't be made here: {error.strerror}",
            where=Location(str(repository)),
            next_step="choose a place that can be written to",
        ) from error
    try:
        _git(made, "init", "--quiet", "--bare", "--template=", "--initial-branch=main", ".")
        made.chmod(0o755)
        made.rename(repository)
    except OSError:
        if not (repository / "HEAD").is_file():
            raise
        # Another run made it in the meantime: an empty repository is as good as any other.
    finally:
        rmtree(made, ignore_errors=True)


@contextmanager
def _alone(repository: Path) -> Iterator[None]:
    """Wait for other runs on the same repository; the lock is on the folder and ends with the process."""
    descriptor = os.open(repository, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _tree(repository: Path, folder: Path) -> str:
    """Store a folder's files and return the tree's id; the folder itself is only read."""
    with tempfile.TemporaryDirectory() as scratch:
        environment = {"GIT_INDEX_FILE": str(Path(scratch) / "index"), "GIT_WORK_TREE": str(folder.resolve())}
        _git(repository, "add", "--all", ".", environment=environment, cwd=folder)
        return _git(repository, "write-tree", environment=environment)


def _commit(repository: Path, ref: str) -> str:
    """The commit a branch is at, or "" when there is no such branch."""
    return _git(repository, "for-each-ref", "--format=%(objectname)", ref)


def _git(
    repository: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    given: str | None = None,
) -> str:
    """Run git on the repository, away from the settings of whoever runs it."""
    settings = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(repository.resolve()),
        "GIT_DIR": str(repository.resolve()),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "LC_ALL": "C",
        **(environment or {}),
    }
    command = ["git", "-c", "core.fileMode=false", "-c", "core.autocrlf=false", *arguments]
    try:
        done = subprocess.run(
            command,
            env=settings,
            cwd=cwd or repository,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise NotFoundError("git is not installed", next_step="install git 2.28 or newer") from error
    if done.returncode:
        raise AccessError(
            f"git {arguments[0]} failed: {done.stderr.strip() or done.returncode}",
            where=Location(str(repository)),
            next_step=f"run it again; `git -C {repository} fsck` tells whether the repository is damaged",
        )
    return done.stdout.strip()
