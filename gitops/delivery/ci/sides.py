"""The settings of every stack at both ends of a change: what its file said before and says after it."""

from __future__ import annotations

import os
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gitops.model.errors import ConfigError, NotFoundError
from gitops.source.checkout import commit_of, files_at, remote
from gitops.source.stackfile import settings_from, stack_names, stack_values
from gitops.source.url import is_commit, server_and_path

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from gitops.delivery.ci.situation import Situation
    from gitops.model.settings import Settings

_FILES = "Pulumi.*.yaml"


def sides(
    project: Path, change: Situation, chosen: Collection[str] = ()
) -> Mapping[str, Callable[[], tuple[Settings | None, Settings]]]:
    """For each stack, or those that are chosen, what gives its settings before, None where it is new, and after.

    A stack's file is read as it is in both commits, where the project is in a Git repository that has them, else
    as it lies there. A stack that follows the branch which the change goes to is at `base` before and at `head`
    after it. One that is pinned, is promoted to, or follows anything else, is where its file says. Encrypted values
    are left out: nothing that is rendered needs one.

    Raises:
        NotFoundError: a stack that is chosen does not exist.
        AccessError: Git can't read the files.
    """
    after = _texts(project, change.head) or {
        f"Pulumi.{name}.yaml": (project / f"Pulumi.{name}.yaml").read_bytes() for name in stack_names(project)
    }
    before = _texts(project, change.base) or after
    names = [name.removeprefix("Pulumi.").removesuffix(".yaml") for name in sorted(after)]
    missing = set(chosen) - set(names)
    if missing or not names:
        raise NotFoundError(
            f"there is no stack {', '.join(sorted(missing))}" if missing else f"{project} has no stacks",
            next_step=f"the stacks are: {', '.join(names)}" if names else "create one: pulumi stack init",
        )
    return {
        name: partial(_pair, project, name, change, before, after)
        for name in names
        if not chosen or name in chosen
    }


def _pair(
    project: Path, name: str, change: Situation, before: Mapping[str, bytes], after: Mapping[str, bytes]
) -> tuple[Settings | None, Settings]:
    file = f"Pulumi.{name}.yaml"
    new = _settings(project, name, after[file])
    if not _is_own(new, project) and not commit_of(project, change.head):
        raise NotFoundError(
            f"the repository that the project is in has no {change.head!r}, and the manifests of {name} are in another",
            next_step="name a revision of the project's repository, and fetch it",
        )
    try:
        old = _settings(project, name, before[file]) if file in before else None
    except ConfigError:
        old = None  # a change that mends the file has to be shown as well
    return old and _at(old, change, change.base, project), _at(new, change, change.head, project)


def follows(settings: Settings, branch: str) -> bool:
    """Whether a stack goes where a branch goes by itself: none that is promoted to does.

    With "", any that is not pinned to a commit.
    """
    followed = settings.repository.revision
    if settings.promotion.source:
        return False
    return followed in {branch, "HEAD"} if branch else not is_commit(followed)


def _at(settings: Settings, change: Situation, revision: str, project: Path) -> Settings:
    moves = follows(settings, change.branch) and _is_own(settings, project)
    return settings.at(revision) if moves else settings


def _is_own(settings: Settings, project: Path) -> bool:
    """Whether a stack's manifests are in the repository that the change is made in.

    They are when the project is in no repository, or when a pipeline says where they are.
    """
    if os.environ.get("REPO_URL") or not commit_of(project, "HEAD"):
        return True
    address, own = settings.repository.url, remote(project)
    if address in {own, *(folder.as_uri() for folder in (project, *project.parents))}:
        return True
    place = server_and_path(own)
    return place == server_and_path(address) and place != ("", "")


def _texts(project: Path, revision: str) -> dict[str, bytes]:
    commit = commit_of(project, revision)
    return files_at(project, commit, _FILES) if commit else {}


def _settings(project: Path, name: str, text: bytes) -> Settings:
    with tempfile.TemporaryDirectory(prefix="gitops-") as scratch:
        (Path(scratch) / f"Pulumi.{name}.yaml").write_bytes(text)
        values = stack_values(name, Path(scratch))
    return settings_from(values, name, project, os.environ)
