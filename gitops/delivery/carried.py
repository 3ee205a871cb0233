"""What one commit states for some applications, carried into another one, where all else stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gitops.desired import rendered, stated_applications
from gitops.model.errors import RefusedError, unknown_applications
from gitops.source.git import cache_folder, cached
from gitops.source.revert import reverted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gitops.model.application import Application
    from gitops.model.manifest import Manifest
    from gitops.model.settings import Settings


class Carried(NamedTuple):
    """A commit that is in the cache and nowhere else yet.

    Attributes:
        tip: the commit that the stack is at.
        source: the commit whose content is taken over.
        commit: the one that has it, `tip` when nothing differs.
        before: what is stated at the tip.
        after: what is stated at the new commit.
    """

    tip: str
    source: str
    commit: str
    before: tuple[Manifest, ...]
    after: tuple[Manifest, ...]


def carried(
    settings: Settings, names: Collection[str], source: str, title: str, *, reproducible: bool = False
) -> Carried:
    """Make the commit after the stack's in which applications, or without names everything, are as at `source`.

    The commit's message begins with the title and the id of the source. `reproducible` makes the same commit of
    the same things, whoever makes it and when.

    Raises:
        NotFoundError: the stack has no such application at either commit.
        RefusedError: other applications would change too, or these would not become what they are there.
        GitOpsError: the repository can't be read, or what is stated can't be rendered.
    """
    folder = cached(settings.repository, cache_folder())
    commit, stated = stated_applications(settings)
    there, stated_there = stated_applications(settings.at(source))
    known = {item.name for item in (*stated, *stated_there)}
    unknown = set(names) - known
    if unknown:
        raise unknown_applications(settings.stack, unknown, known)
    own = [item for item in (*stated, *stated_there) if item.name in names]
    paths = {path for item in own for path in _paths(item)} if names else {""}
    message = (
        f"{title} {there.sha[:12]}\n\n"
        f"Takes {', '.join(sorted(paths - {''})) or 'all files'} as in {there.sha}.\n"
    )
    new = reverted(folder, commit.sha, there.sha, paths, message, reproducible=reproducible)
    _, before = rendered(settings.at(commit.sha))
    _, after = rendered(settings.at(new))
    if names:
        _refuse_others(names, before, after)
        _, wanted = rendered(settings.at(there.sha), names)
        _refuse_others_files(names, wanted, after, paths)
    return Carried(commit.sha, there.sha, new, before, after)


def _paths(application: Application) -> set[str]:
    """Where the repository states an application: its folder, its sources here, and the file that names them."""
    local = {s.path for s in application.sources if not s.repository and not s.chart and s.path}
    stated = {application.stated.file} if application.stated else set()
    return ({application.path} if application.path else set()) | local | stated


def _content(manifests: Sequence[Manifest], application: str) -> dict[str, object]:
    return {item.key.resource_name: item.body for item in manifests if item.application == application}


def _refuse_others(names: Collection[str], before: Sequence[Manifest], after: Sequence[Manifest]) -> None:
    beside = {item.application for item in (*before, *after)} - set(names)
    others = sorted(name for name in beside if _content(before, name) != _content(after, name))
    if others:
        raise RefusedError(
            f"with {_listed(names)} {', '.join(others)} would change too, stated in the same files",
            next_step="name them as well, or take the whole stack",
        )


def _refuse_others_files(
    names: Collection[str], wanted: Sequence[Manifest], after: Sequence[Manifest], paths: Collection[str]
) -> None:
    different = [name for name in sorted(names) if _content(wanted, name) != _content(after, name)]
    if different:
        raise RefusedError(
            f"{_listed(different)} would not become what it was there:"
            f" the manifests come from more than {', '.join(sorted(paths))}",
            next_step="take the whole stack, or change the files by hand",
        )


def _listed(names: Collection[str]) -> str:
    return ", ".join(map(repr, sorted(names)))
