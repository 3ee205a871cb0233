"""Plain YAML and JSON files, right in the application's directory."""

from __future__ import annotations

from posixpath import basename
from typing import TYPE_CHECKING

from gitops.manifests.raw import RawObject
from gitops.model.errors import Location
from gitops.source.commit import LINK, SUBMODULE
from gitops.source.descriptor import FILE_NAME
from gitops.source.yaml import YamlError, read_documents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops.manifests.cache import Cache
    from gitops.model.application import Application
    from gitops.model.errors import Problems
    from gitops.source.commit import Commit, Entry

SUFFIXES = (".yaml", ".yml", ".json")
_SKIP = b"+argocd:skip-file-rendering"


def read_plain(
    commit: Commit, application: Application, cache: Cache, problems: Problems
) -> Iterator[RawObject]:
    """Every document of the directory's files, in the order of file names and lines."""
    for entry in commit.files_in(application.path):
        name = basename(entry.path)
        if name.startswith(".") or name == FILE_NAME or not name.endswith(SUFFIXES):
            continue
        if entry.mode in (LINK, SUBMODULE):
            problems.add(
                "is a link, and links are not followed",
                Location(entry.path),
                "commit the file itself",
                application.name,
            )
            continue
        yield from _documents(commit, entry, application, cache, problems)


def _documents(
    commit: Commit, entry: Entry, application: Application, cache: Cache, problems: Problems
) -> Iterator[RawObject]:
    kept = cache.get("plain", entry.id)
    if kept is None:
        content = commit.read(entry.path)
        try:
            kept = [] if _SKIP in content else [[d.line, d.body] for d in read_documents(content)]
        except YamlError as error:
            problems.add(
                f"can't be read: {error}",
                Location(entry.path, error.line),
                "mend the file; the application stays as it is until then",
                application.name,
            )
            return
        cache.put(kept, "plain", entry.id)
    for line, body in kept:
        yield RawObject(Location(entry.path, line), body)
