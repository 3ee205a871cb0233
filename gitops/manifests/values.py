"""The values files of a chart: where each one is, in this repository or in another source's."""

from __future__ import annotations

from posixpath import join
from typing import TYPE_CHECKING

from gitops.manifests.raw import RenderError
from gitops.manifests.rendering import inside
from gitops.source.commit import EXECUTABLE, FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops.manifests.rendering import Task
    from gitops.model.errors import Location
    from gitops.model.sources import Helm
    from gitops.source.commit import Commit


def value_files(task: Task, options: Helm, where: Location) -> list[tuple[str, Commit, str]]:
    """Each file as what Helm is to call it, the commit it is in, and its path there; later ones win.

    Raises:
        RenderError: one does not exist, is a link, or is outside of every source.
    """
    return list(_found(task, options.value_files, where, ignore_missing=options.ignore_missing_value_files))


def parameter_files(task: Task, options: Helm, where: Location) -> list[tuple[str, str, Commit, str]]:
    """As `value_files`, for the files that become one value each, which is named first."""
    names = [name for name, _ in options.file_parameters]
    files = _found(task, tuple(path for _, path in options.file_parameters), where, ignore_missing=False)
    return [(name, *file) for name, file in zip(names, files, strict=True)]


def _found(
    task: Task, stated: tuple[str, ...], where: Location, *, ignore_missing: bool
) -> Iterator[tuple[str, Commit, str]]:
    for text in stated:
        first, _, rest = text.partition("/")
        reference = first.removeprefix("$")
        if first.startswith("$") and reference in task.references:
            commit, path, called = task.references[reference], inside(task.substituted(rest)), f"{first}/"
        elif first.startswith("$") and not first.startswith(("$ARGOCD", "${ARGOCD")):
            known = ", ".join(f"${name}" for name in sorted(task.references)) or "none"
            raise RenderError(
                f"{text!r}: no source has the ref {reference!r}", where, f"the refs are: {known}"
            )
        else:
            plain = task.substituted(text)
            if "://" in plain:
                raise RenderError(f"{plain!r} is outside the repository", where, "commit it")
            commit, called = task.commit, ""
            # "/" is the root of the repository, as for Argo CD
            path = inside(plain.lstrip("/") if plain.startswith("/") else join(task.path, plain))
        if path is None:
            raise RenderError(f"{text!r} leaves the repository", where, "name a file inside of it")
        entry = commit.entries.get(path)
        if entry is None and path and ignore_missing:
            continue
        if entry is None and path:
            raise RenderError(f"{text!r} does not exist", where, f"commit {called}{path}, or take it out")
        if entry is None or entry.mode not in (FILE, EXECUTABLE):
            raise RenderError(f"{text!r} is a folder or a link, not a file", where, "name a file")
        yield f"{called}{path}", commit, path
