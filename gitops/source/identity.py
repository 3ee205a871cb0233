"""What tells one state of an application's files from another."""

from __future__ import annotations

import hashlib
from posixpath import join, normpath
from typing import TYPE_CHECKING

from gitops.model.sources import Helm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops.model.application import Application
    from gitops.model.sources import Source
    from gitops.source.commit import Commit


def tree_of(application: Application, commit: Commit) -> str:
    """A name for all that the application's stated sources hold in this commit and how they are rendered.

    Equal names mean equal manifests; a source in another repository is named by its revision.
    """
    digest = hashlib.sha256()
    for source in application.sources:
        digest.update(repr(source).encode())
        for path in _paths(source):
            entry = commit.entries.get(path)
            digest.update(f"\0{path}={entry.id if entry else ''}".encode())
    return digest.hexdigest()[:40]


def _paths(source: Source) -> Iterator[str]:
    """What of the stack's own repository a source reads, as far as it says so itself."""
    if not source.repository:
        yield source.path
    if isinstance(source.tool, Helm):
        for file in source.tool.value_files:
            _, _, referred = file.partition("/") if file.startswith("$") else ("", "", "")
            yield referred or normpath(file.lstrip("/") if file.startswith("/") else join(source.path, file))
