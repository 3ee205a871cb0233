"""Folders of a commit, written out for a program to read: bounded, and without links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.manifests.raw import RenderError
from gitops.model.errors import Location
from gitops.source.commit import LINK, SUBMODULE

if TYPE_CHECKING:
    from pathlib import Path

    from gitops.source.commit import Commit

MAX_FILES = 10_000
MAX_BYTES = 64 * 1024 * 1024


def check_out(commit: Commit, folder: str, target: Path) -> None:
    """Write everything below a folder of the commit into another folder.

    Raises:
        RenderError: there is a link below it, or too much.
    """
    size = 0
    start = len(folder) + 1 if folder else 0
    for count, entry in enumerate(commit.files_below(folder)):
        if entry.mode in (LINK, SUBMODULE):
            raise RenderError(
                "is a link, and links are not followed", Location(entry.path), "commit the file itself"
            )
        content = commit.read_object(entry.id)
        size += len(content)
        if count >= MAX_FILES or size > MAX_BYTES:
            raise RenderError(
                f"holds more than {MAX_FILES} files or {MAX_BYTES // 1024 // 1024} MiB",
                Location(folder or "."),
                "move what is not needed to render it elsewhere",
            )
        file = target / entry.path[start:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
