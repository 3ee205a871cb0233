"""One commit: its files by path, each with the id of its content."""

from __future__ import annotations

from dataclasses import dataclass, field
from posixpath import dirname
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

FILE, EXECUTABLE, LINK, SUBMODULE, FOLDER = "100644", "100755", "120000", "160000", "040000"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder of a commit; `id` names its content for ever."""

    path: str
    mode: str
    id: str


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit's metadata and files.

    Attributes:
        sha: full commit id.
        time: committer's time, seconds since 1970.
        entries: every file and folder by path, "/"-separated, relative to the root.
        read_object: content by object id.
    """

    sha: str
    time: int
    author: str
    subject: str
    entries: Mapping[str, Entry] = field(repr=False)
    read_object: Callable[[str], bytes] = field(repr=False)

    def read(self, path: str) -> bytes:
        """The content of a file.

        Raises:
            KeyError: there is no such file.
        """
        return self.read_object(self.entries[path].id)

    def folders(self) -> Iterator[Entry]:
        """All folders below the root, in lexical order."""
        return (entry for _, entry in sorted(self.entries.items()) if entry.mode == FOLDER)

    def files_below(self, folder: str) -> Iterator[Entry]:
        """Everything below a folder that is not itself a folder, at any depth, in lexical order."""
        prefix = f"{folder}/" if folder else ""
        return (
            entry
            for path, entry in sorted(self.entries.items())
            if entry.mode != FOLDER and path.startswith(prefix)
        )

    def files_in(self, folder: str) -> Iterator[Entry]:
        """The files right in a folder, in lexical order."""
        return (entry for entry in self.files_below(folder) if dirname(entry.path) == folder)


def parse_tree(listing: str) -> dict[str, Entry]:
    r"""Entries from `git ls-tree -r -t -z`, whose records are `mode type id\tpath\0`."""
    entries = {}
    for record in listing.split("\0"):
        if record:
            head, _, path = record.partition("\t")
            mode, _, object_id = head.split(" ")
            entries[path] = Entry(path, mode, object_id)
    return entries
