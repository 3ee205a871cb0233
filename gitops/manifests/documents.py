"""What a renderer printed becomes objects, each with the template that it came from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gitops.source.yaml import YamlError, read_documents

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DOCUMENTS = 10_000
_SEPARATOR = re.compile(rb"^---[ \t\r]*$", re.MULTILINE)
_SOURCE = re.compile(rb"\s*# Source: ([^\n]+)")


class DocumentError(Exception):
    """The output is no sequence of documents; `source` is the template it came from, or ""."""

    def __init__(self, what: str, source: str) -> None:
        super().__init__(what)
        self.source = source


def printed(output: bytes, *, unique_keys: bool = True) -> Iterator[tuple[str, Any]]:
    """The documents of an output, each with the path in the nearest `# Source:` comment before it, or "".

    Raises:
        DocumentError: a document is no YAML, or there are too many of them.
    """
    source, count, start = "", 0, 0
    for end in (*(match.start() for match in _SEPARATOR.finditer(output)), len(output)):
        chunk = output[start:end]
        start = end
        comment = _SOURCE.match(chunk, 3 if chunk.startswith(b"---") else 0)
        if comment:
            source = comment[1].decode(errors="replace").strip()
        try:
            for document in read_documents(chunk, unique_keys=unique_keys):
                count += 1
                if count > MAX_DOCUMENTS:
                    raise DocumentError(f"more than {MAX_DOCUMENTS} objects come out of it", source)
                yield source, document.body
        except YamlError as error:
            raise DocumentError(str(error), source) from error
