"""One commit: its files by path, each with the id of its content."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cached_property
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


@dataclass(frozen=True)
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

    @cached_property
    def _paths(self) -> list[str]:
        return sorted(self.entries)

    def folders(self) -> Iterator[Entry]:
        """All folders below the root, in lexical order."""
        return (self.entries[path] for path in self._paths if self.entries[path].mode == FOLDER)

    def files_below(self, folder: str) -> Iterator[Entry]:
        """Everything below a folder that is not itself a folder, at any depth, in lexical order; "" is the root."""
        prefix = f"{folder}/" if folder else ""
        for index in range(bisect_left(self._paths, prefix), len(self._paths)):
            path = self._paths[index]
            if not path.startswith(prefix):
                return
            if self.entries[path].mode != FOLDER:
                yield self.entries[path]

    def files_in(self, folder: str) -> Iterator[Entry]:
        """The files right in a folder, in lexical order."""
        start = len(folder) + 1 if folder else 0
        return (entry for entry in self.files_below(folder) if "/" not in entry.path[start:])

    def has_folder(self, path: str) -> bool:
        """Whether there is such a folder; "" is the root."""
        return not path or (path in self.entries and self.entries[path].mode == FOLDER)

    def id_of(self, path: str) -> str:
        """What names the content of a file or folder for ever.

        Raises:
            KeyError: there is neither.
        """
        return self.entries[path].id if path else self._root_id

    @cached_property
    def _root_id(self) -> str:
        top = [f"{entry.mode} {entry.id} {path}" for path, entry in self.entries.items() if "/" not in path]
        return hashlib.sha256("\0".join(sorted(top)).encode()).hexdigest()


def parse_tree(listing: str) -> dict[str, Entry]:
    r"""Entries from `git ls-tree -r -t -z`, whose records are `mode type id\tpath\0`."""
    entries = {}
    for record in listing.split("\0"):
        if record:
            head, _, path = record.partition("\t")
            mode, _, object_id = head.split(" ")
            entries[path] = Entry(path, mode, object_id)
    return entries
