"""A Kubernetes object as Git states it, with the place that states it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gitops.model.keys import ObjectKey, group_of

if TYPE_CHECKING:
    from gitops.model.errors import Location

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object of one application; `body` is the whole object and is never changed in place."""

    body: JsonObject
    where: Location
    application: str

    @property
    def api_version(self) -> str:
        """Such as `apps/v1`."""
        return str(self.body["apiVersion"])

    @property
    def kind(self) -> str:
        """Such as `Deployment`."""
        return str(self.body["kind"])

    @property
    def annotations(self) -> JsonObject:
        """The object's annotations, empty when it has none."""
        return self.body["metadata"].get("annotations") or {}

    @property
    def key(self) -> ObjectKey:
        """The object's identity in the cluster; a hook that is named anew each time has its `generateName`."""
        metadata = self.body["metadata"]
        name = metadata.get("name") or metadata["generateName"]
        return ObjectKey(
            group_of(self.api_version), self.kind, str(metadata.get("namespace") or ""), str(name)
        )
