"""What a strict reading says against a value, and where in the document it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import msgspec

_UNKNOWN = re.compile(r"unknown field `([^`]+)`")
_PATH = re.compile(r" - at `\$(?:\.)?([^`]*)`")


@dataclass(frozen=True, slots=True)
class Objection:
    """One objection: the sentence without its place, the place as `key.key[0]`, and whether the key is unknown."""

    what: str
    path: str
    unknown: bool

    def __str__(self) -> str:
        if self.unknown:
            return f"`{self.path}` is not a known field"
        return f"`{self.path}`: {self.what}" if self.path else self.what


def objection(error: msgspec.ValidationError) -> Objection:
    """The error in parts."""
    text = str(error)
    at = _PATH.search(text)
    path = at.group(1) if at else ""
    unknown = _UNKNOWN.search(text)
    if unknown:
        path = f"{path}.{unknown.group(1)}" if path else unknown.group(1)
    return Objection(_PATH.sub("", text).strip(), path, unknown is not None)
