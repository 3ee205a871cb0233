"""What handing one object over means: pure, from the live object and what Git states to the patch that does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gitops.cluster.ownership import entries_of, handed_over, is_writer
from gitops.delivery.adoption.owners import (
    LAST_APPLIED,
    is_handed_over,
    owners_of,
    tracking_annotations,
    tracking_labels,
)
from gitops.delivery.adoption.record import ObjectRecord
from gitops.model.keys import FIELD_MANAGER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops.cluster.client import Object
    from gitops.model.adoption import Owner
    from gitops.model.manifest import Manifest

# What a sync writes beside what Git states.
_OURS = ("gitops.internal/", "pulumi.com/")


@dataclass(frozen=True, slots=True)
class Takeover:
    """One live object of a plan.

    `also` are field managers to take fields from that are no known tool's.
    """

    manifest: Manifest
    live: Object
    also: frozenset[str] = frozenset()

    @property
    def owners(self) -> tuple[Owner, ...]:
        """Who has it, by its own marks."""
        return owners_of(self.manifest.key, self.live["metadata"])

    def takes(self, manager: str) -> bool:
        """Whether a manager's fields are handed over."""
        return manager != FIELD_MANAGER and (manager in self.also or is_handed_over(manager))

    @property
    def taken(self) -> tuple[Object, ...]:
        """The entries that are handed over."""
        entries = entries_of(self.live["metadata"])
        return tuple(e for e in entries if is_writer(e) and self.takes(str(e.get("manager", ""))))

    @property
    def dropped(self) -> dict[str, tuple[str, ...]]:
        """Labels and annotations of owners that Git does not state."""
        metadata, stated = self.live["metadata"], self.manifest.body["metadata"]
        found = {
            "labels": tracking_labels(metadata, self.owners),
            "annotations": tracking_annotations(metadata),
        }
        return {part: tuple(sorted(keys - (stated.get(part) or {}).keys())) for part, keys in found.items()}

    def patch(self) -> list[Object]:
        """The JSON patch (RFC 6902) that hands it over, over this very version; empty when there is nothing to."""
        operations: list[Object] = [
            {"op": "remove", "path": f"/metadata/{part}/{_pointer(key)}"}
            for part, keys in self.dropped.items()
            for key in keys
        ]
        entries = handed_over(self.live, self.takes, FIELD_MANAGER)
        if entries is not None:
            operations.append({"op": "replace", "path": "/metadata/managedFields", "value": entries})
        return [_same_version(self.live), *operations] if operations else []

    def record(self, owners: tuple[Owner, ...]) -> ObjectRecord:
        """How to give it back."""
        metadata = self.live["metadata"]
        entries = [
            e for e in entries_of(metadata) if e in self.taken or str(e.get("manager")) == FIELD_MANAGER
        ]
        return ObjectRecord(
            self.manifest.key,
            self.live["apiVersion"],
            metadata["uid"],
            self.manifest.application,
            owners,
            self._recorded("labels"),
            self._recorded("annotations"),
            entries,
        )

    def _recorded(self, part: str) -> dict[str, str]:
        values: Mapping[str, str] = self.live["metadata"].get(part) or {}
        # a Secret's last-applied annotation holds its values
        hidden = {LAST_APPLIED} if self.manifest.kind == "Secret" else set()
        return {
            key: value
            for key, value in values.items()
            if (key in self.dropped[part] or key.startswith(_OURS)) and key not in hidden
        }


def given_back(record: ObjectRecord, live: Object) -> Object:
    """The merge patch that gives an object its labels and annotations of before; {} when it has them."""
    metadata = live["metadata"]
    changed: Object = {}
    for part, recorded in (("labels", record.labels), ("annotations", record.annotations)):
        now = metadata.get(part) or {}
        values: dict[str, Any] = {key: None for key in now if key.startswith(_OURS) and key not in recorded}
        values |= {key: value for key, value in recorded.items() if now.get(key) != value}
        if values:
            changed[part] = values
    return {"metadata": {**changed, "resourceVersion": metadata["resourceVersion"]}} if changed else {}


def fields_given_back(record: ObjectRecord, live: Object) -> list[Object]:
    """The JSON patch that gives the recorded managers their fields; empty when they have them."""
    entries = entries_of(live["metadata"])
    recorded = {_identity(entry) for entry in record.entries}
    kept = [e for e in entries if e.get("manager") != FIELD_MANAGER and _identity(e) not in recorded]
    wanted = [*record.entries, *kept]
    if sorted(map(repr, wanted)) == sorted(map(repr, entries)):
        return []
    return [
        _same_version(live),
        {"op": "replace", "path": "/metadata/managedFields", "value": wanted},
    ]


def _identity(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    """What the API server tells entries apart by."""
    return tuple(entry.get(key, "") for key in ("manager", "operation", "apiVersion", "subresource"))


def _same_version(live: Object) -> Object:
    return {"op": "test", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]}


def _pointer(key: str) -> str:
    """A key in a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")
