"""A rule of health that a stack or an application states itself."""

from __future__ import annotations

from dataclasses import dataclass

from gitops.model.keys import group_of


@dataclass(frozen=True, slots=True)
class HealthRule:
    """How objects of a kind are judged, in CEL; the shape is that of Flux's `healthCheckExprs`.

    Attributes:
        api_version: its group counts, so that the rule outlives a new version of the API.
        kind: such as `Certificate`.
        current: holds when the object is healthy.
        in_progress: holds when it is on its way; "" is never. It is asked first.
        failed: holds when it is degraded; "" is never. It is asked second.
    """

    api_version: str
    kind: str
    current: str
    in_progress: str = ""
    failed: str = ""

    def judges(self, group: str, kind: str) -> bool:
        """Whether the rule is about objects of a group and kind."""
        return (group_of(self.api_version), self.kind) == (group, kind)
