"""What a file or a renderer states, before anything is checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gitops.model.errors import Location


@dataclass(frozen=True, slots=True)
class RawObject:
    """A document and where it stands."""

    where: Location
    body: Any
