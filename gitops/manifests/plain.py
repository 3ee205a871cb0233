"""Plain YAML, JSON and Jsonnet files of a directory."""

from __future__ import annotations

from itertools import islice
from posixpath import basename
from typing import TYPE_CHECKING

from gitops.manifests.documents import MAX_DOCUMENTS
from gitops.manifests.jsonnet import evaluate
from gitops.manifests.raw import RawObject, RenderError
from gitops.model.errors import Location
from gitops.source.commit import LINK, SUBMODULE
from gitops.source.descriptor import FILE_NAME
from gitops.source.match import matches_text
from gitops.source.yaml import YamlError, read_documents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops.manifests.rendering import Rendering, Task
    from gitops.model.errors import Problems
    from gitops.model.sources import Directory
    from gitops.source.commit import Entry

SUFFIXES = (".yaml", ".yml", ".json")
_JSONNET = ".jsonnet"
_SKIP = b"+argocd:skip-file-rendering"


def read_plain(
    task: Task, options: Directory, rendering: Rendering, problems: Problems
) -> Iterator[RawObject]:
    """Every document of the directory's files, in the order of paths and lines.

    Raises:
        RenderError: a glob is malformed.
    """
    commit, folder = task.commit, task.path
    for entry in commit.files_below(folder) if options.recurse else commit.files_in(folder):
        name = basename(entry.path)
        if name.startswith(".") or name == FILE_NAME or not name.endswith((*SUFFIXES, _JSONNET)):
            continue
        if not _wanted(entry.path[len(folder) :].lstrip("/"), folder, options):
            continue
        try:
            yield from _read(task, entry, options, rendering)
        except RenderError as error:
            error.note(task.application.name, problems)


def _read(task: Task, entry: Entry, options: Directory, rendering: Rendering) -> Iterator[RawObject]:
    if entry.mode in (LINK, SUBMODULE):
        raise RenderError(
            "is a link, and links are not followed", Location(entry.path), "commit the file itself"
        )
    if entry.path.endswith(_JSONNET):
        yield from evaluate(task, entry.path, options.jsonnet, rendering)
    else:
        yield from _documents(task, entry, rendering)


def _wanted(path: str, folder: str, options: Directory) -> bool:
    """Whether a file, by its path below the directory, is to be read; exclusion wins."""
    try:
        if options.exclude and matches_text(options.exclude, path):
            return False
        return not options.include or matches_text(options.include, path)
    except ValueError as error:
        raise RenderError(str(error), Location(folder or "."), "mend directory.include or exclude") from error


def _documents(task: Task, entry: Entry, rendering: Rendering) -> Iterator[RawObject]:
    kept = rendering.cache.get("plain", entry.id)
    if kept is None:
        content = task.commit.read_object(entry.id)
        try:
            found = () if _SKIP in content else islice(read_documents(content), MAX_DOCUMENTS + 1)
            kept = [[document.line, document.body] for document in found]
        except YamlError as error:
            raise RenderError(
                f"can't be read: {error}",
                Location(entry.path, error.line),
                "mend the file; the application stays as it is until then",
            ) from error
        if len(kept) > MAX_DOCUMENTS:
            raise RenderError(
                f"holds more than {MAX_DOCUMENTS} objects",
                Location(entry.path),
                "split it, or see what wrote it",
            )
        rendering.cache.put(kept, "plain", entry.id)
    for line, body in kept:
        yield RawObject(Location(entry.path, line), body)
