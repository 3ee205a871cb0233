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


def check_out(commit: Commit, folder: str, target: Path, allowed: int) -> int:
    """Write everything below a folder of the commit into another folder; the result is the number of bytes.

    Raises:
        RenderError: there is a link below it, a name that leads out of it, or more than `allowed`.
    """
    size = 0
    start = len(folder) + 1 if folder else 0
    for count, entry in enumerate(commit.files_below(folder)):
        below = entry.path[start:]
        if entry.mode in (LINK, SUBMODULE):
            raise RenderError(
                "is a link, and links are not followed", Location(entry.path), "commit the file itself"
            )
        # No honest Git writes such a name, but a tree is only bytes.
        if any(part in ("", ".", "..") for part in below.split("/")):
            raise RenderError(
                "has a name that leads out of the repository", Location(entry.path), "remove it"
            )
        content = commit.read_object(entry.id)
        size += len(content)
        if count >= MAX_FILES or size > allowed:
            raise RenderError(
                f"holds more than {MAX_FILES} files or {MAX_BYTES // 1024 // 1024} MiB",
                Location(folder or "."),
                "move what is not needed to render it elsewhere",
            )
        file = target / below
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return size
