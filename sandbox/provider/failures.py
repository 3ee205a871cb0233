"""The two ways an operation fails, as the engine tells them apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitops.cluster.client import Object


class OperationError(Exception):
    """Nothing was changed; the text says what, why and one next step."""


@dataclass
class InitError(Exception):
    """The object is there and not as it should be: the engine keeps its state together with the reasons."""

    id: str
    properties: Object
    reasons: list[str]
    inputs: Object = field(default_factory=dict)

    def __str__(self) -> str:
        return self.reasons[0]
