"""What a file or a renderer states, before anything is checked, or why it states nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gitops.model.errors import Location, Problems


@dataclass(frozen=True, slots=True)
class RawObject:
    """A document and where it stands; `source` counts the application's sources, of which later ones win."""

    where: Location
    body: Any
    source: int = 0


class RenderError(Exception):
    """A source can't be rendered; the text names the cause, with paths relative to its repository."""

    def __init__(self, what: str, where: Location, next_step: str = "mend it") -> None:
        super().__init__(what)
        self.where = where
        self.next_step = next_step

    def note(self, application: str, problems: Problems) -> None:
        """Add it to the problems of an application."""
        problems.add(str(self), self.where, self.next_step, application)
