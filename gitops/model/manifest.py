"""A Kubernetes object as Git states it, with the place that states it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gitops.model.keys import STACK_LABEL, TREE_ANNOTATION, ObjectKey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitops.model.errors import Location, Problems

JsonObject = dict[str, Any]
# What stands for a value of a Secret wherever one could be seen.
MASK = "[secret]"


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
        return ObjectKey.of_body(self.body)


def stated_once(manifests: Iterable[Manifest], problems: Problems) -> list[Manifest]:
    """The first manifest of each object; every other one is noted, as a problem of both applications."""
    first: dict[ObjectKey, Manifest] = {}
    for manifest in manifests:
        twin = first.setdefault(manifest.key, manifest)
        if twin is not manifest:
            problems.add(
                f"{manifest.key} is already stated at {twin.where}",
                manifest.where,
                "keep it in one of the two places",
                manifest.application,
                also=(twin.application,),
            )
    return list(first.values())


def without_origin(body: JsonObject) -> JsonObject:
    """The object without the names of the tree and the stack that it came from: what is left is what it states."""
    metadata = body["metadata"]
    maps = {
        field: {
            k: v for k, v in (metadata.get(field) or {}).items() if k not in {TREE_ANNOTATION, STACK_LABEL}
        }
        for field in ("annotations", "labels")
    }
    rest = {key: value for key, value in metadata.items() if key not in maps}
    return {**body, "metadata": {**rest, **{field: told for field, told in maps.items() if told}}}


def as_mapping(value: Any) -> JsonObject:
    """The value when it is a mapping, else an empty one: what a document states may have any shape."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """The value when it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def names_in(value: Any) -> list[str]:
    """The `name` of each item of a list that has one."""
    return [str(item["name"]) for item in as_list(value) if isinstance(item, dict) and "name" in item]
