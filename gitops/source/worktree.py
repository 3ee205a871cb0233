"""The working tree that a person edits: which files are where, how old they are, and one commit of some of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
import git

from gitops.model.errors import ConfigError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_SUFFIXES = frozenset((".yaml", ".yml", ".json"))


def manifest_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files that are named, and the YAML and JSON files below folders that are, sorted.

    Links and what begins with a dot are passed over below folders.

    Raises:
        NotFoundError: a path does not exist.
    """
    for path in paths:
        if path.is_dir():
            for folder, names, files in os.walk(path):
                names[:] = sorted(name for name in names if not name.startswith("."))
                for name in sorted(files):
                    file = Path(folder, name)
                    if file.suffix in _SUFFIXES and not name.startswith(".") and not file.is_symlink():
                        yield file
        elif path.exists():
            yield path
        else:
            raise NotFoundError(f"there is no {path}", next_step="name a file or folder that exists")


def commit_files(files: Sequence[Path], message: str) -> str:
    """Commit these files and no others; gives the commit's id.

    Raises:
        ConfigError: they are in no Git repository, or Git refuses.
    """
    try:
        repository = _repository(files[0])
        names = [str(file.resolve()) for file in files]
        repository.git.add("--", *names)
        repository.git.commit("--quiet", "--only", f"--message={message}", "--", *names)
        return str(repository.head.commit.hexsha)
    except git.GitCommandError as error:
        told = str(error.stderr).strip().strip("'\\n ")[-300:]
        raise ConfigError(f"Git does not commit: {told}", next_step="commit the files yourself") from None


def may_be_committed(file: Path) -> bool:
    """Whether a file is in a working tree that does not ignore it."""
    try:
        repository = _repository(file)
    except ConfigError:
        return False
    return not repository.ignored(str(file.resolve()))


def changed_at(file: Path) -> int | None:
    """When the last commit changed a file, in seconds since 1970; None where no commit did."""
    try:
        told = _repository(file).git.log("-1", "--format=%ct", "--", str(file.resolve()))
    except (git.GitCommandError, ConfigError):
        return None
    return int(told) if told else None


def _repository(file: Path) -> git.Repo:
    try:
        return git.Repo(file.resolve().parent, search_parent_directories=True)
    except (git.InvalidGitRepositoryError, git.NoSuchPathError):
        raise ConfigError(f"{file} is in no Git repository", next_step="leave --commit out") from None


class Origin(NamedTuple):
    """Where a folder's repository comes from: its remote, the branch that is checked out, and the folder in it."""

    url: str = ""
    branch: str = ""
    folder: str = ""


def origin(folder: Path) -> Origin:
    """The remote `origin` of a folder's repository; "" for what nobody knows."""
    try:
        repository = _repository(folder / "Pulumi.yaml")
    except ConfigError:
        return Origin()
    urls = [remote.url for remote in repository.remotes if remote.name == "origin"]
    branch = "" if repository.head.is_detached else repository.active_branch.name
    top = Path(str(repository.working_tree_dir)).resolve()
    inside = folder.resolve().relative_to(top).as_posix()
    return Origin(urls[0] if urls else "", branch, "" if inside == "." else inside)
