"""Manifests as text, and the difference of two sets of them."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, NamedTuple

from gitops.model.errors import Location
from gitops.model.manifest import MASK, Manifest, without_origin
from gitops.source.yaml_writer import as_yaml as to_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gitops.cluster.tree import Branch
    from gitops.model.keys import ObjectKey
    from gitops.model.manifest import JsonObject

SCHEMA = "gitops.internal/manifests/v1"
COMPARISON = "gitops.internal/manifests-comparison/v1"
STACKS = "gitops.internal/stacks-comparison/v1"
# holds a whole object as somebody once applied it, a Secret's values too
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_LONGEST = 2_000_000
"""Characters of two texts that are still compared line by line."""


class Change(NamedTuple):
    """An object of two revisions: before, after, either None where it is not stated."""

    key: ObjectKey
    before: Manifest | None
    after: Manifest | None

    @property
    def kind(self) -> str:
        """`created`, `deleted` or `changed`."""
        return "created" if self.before is None else "deleted" if self.after is None else "changed"

    @property
    def application(self) -> str:
        """The application that states the object, last if both do."""
        side = self.after or self.before
        return side.application if side else ""


def masked(body: JsonObject) -> JsonObject:
    """The object, with a mask for every value when it is a Secret."""
    if body.get("kind") != "Secret":
        return body
    hidden: JsonObject = {
        field: dict.fromkeys(body[field], MASK) if isinstance(body[field], dict) else MASK
        for field in ("data", "stringData")
        if field in body
    }
    return {**body, **hidden}


def of_live(application: str, branches: Iterable[Branch]) -> tuple[Manifest, ...]:
    """Live objects as manifests, without what only tells who wrote them."""
    return tuple(
        Manifest(_essence(branch.live), Location("live"), application) for branch in branches if branch.live
    )


def _essence(live: JsonObject) -> JsonObject:
    metadata = {key: value for key, value in live["metadata"].items() if key != "managedFields"}
    annotations = {k: v for k, v in (metadata.get("annotations") or {}).items() if k != _LAST_APPLIED}
    if "annotations" in metadata:
        metadata["annotations"] = annotations
    return {"apiVersion": live["apiVersion"], "kind": live["kind"], **live, "metadata": metadata}


def as_yaml(manifests: Iterable[Manifest], *, secrets: bool = False) -> str:
    """One document each, with its application and place in a comment, ready for `kubectl apply -f -`."""
    return "".join(
        f"---\n# {manifest.application}: {manifest.where}\n{_text(manifest, secrets=secrets)}"
        for manifest in manifests
    )


def as_json(stack: str, revision: str, manifests: Iterable[Manifest], *, secrets: bool = False) -> str:
    """The documented, versioned form for machines."""
    entries = [
        {
            "application": manifest.application,
            "where": str(manifest.where),
            "manifest": manifest.body if secrets else masked(manifest.body),
        }
        for manifest in manifests
    ]
    document = {"schema": SCHEMA, "stack": stack, "revision": revision, "objects": entries}
    return json.dumps(document, indent=2)


def as_names(manifests: Iterable[Manifest]) -> str:
    """`kind.group/name` and the namespace, one a line."""
    return "\n".join(f"{_name(manifest.key)}" for manifest in manifests)


def changes(before: Iterable[Manifest], after: Iterable[Manifest]) -> tuple[Change, ...]:
    """Objects that two revisions state differently, by application and identity.

    What names an application's tree and its stack is left out: the one changes with every commit to it, and the
    other is all that two stacks always differ in.
    """
    old, new = ({manifest.key: manifest for manifest in side} for side in (before, after))
    found = (Change(key, old.get(key), new.get(key)) for key in {*old, *new})
    differing = [change for change in found if _stated(change.before) != _stated(change.after)]
    return tuple(sorted(differing, key=lambda c: (c.application, c.key)))


def as_diff(found: Iterable[Change], *, secrets: bool = False) -> str:
    """A unified diff of YAML, an object after the other."""
    return "".join(line for change in found for line in _diff(change, secrets=secrets))


def as_diffs(found: Mapping[str, Iterable[Change]]) -> str:
    """The diffs of several stacks; one that is the same for many is told once, with their names above it."""
    told: dict[str, list[str]] = {}
    for stack, changed in found.items():
        told.setdefault(as_diff(changed), []).append(stack)
    if len(found) == 1:
        return next(iter(told))
    return "".join(f"### {', '.join(stacks)}\n{text}" for text, stacks in told.items() if text)


def changes_as_json(stack: str, revisions: tuple[str, str], found: Iterable[Change]) -> str:
    """The documented, versioned form for machines: what is created, changed and deleted."""
    before, after = revisions
    document = {
        "schema": COMPARISON,
        "stack": stack,
        "before": before,
        "after": after,
        "changes": _entries(found),
    }
    return json.dumps(document, indent=2)


def stacks_as_json(stacks: tuple[str, str], revisions: tuple[str, str], found: Iterable[Change]) -> str:
    """The same for two stacks: `created` is what only the second one states."""
    before, after = (
        {"stack": stack, "revision": revision} for stack, revision in zip(stacks, revisions, strict=True)
    )
    document = {"schema": STACKS, "before": before, "after": after, "changes": _entries(found)}
    return json.dumps(document, indent=2)


def _entries(found: Iterable[Change]) -> list[dict[str, str]]:
    return [{"application": c.application, "object": str(c.key), "change": c.kind} for c in found]


def summary(found: Iterable[Change]) -> str:
    """Such as `2 created, 1 changed in web`."""
    counts: dict[str, int] = {}
    for change in found:
        counts[change.kind] = counts.get(change.kind, 0) + 1
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "no difference"


def _diff(change: Change, *, secrets: bool) -> Iterator[str]:
    before, after = (
        _text(side, secrets=secrets, plain=True) if side else "" for side in (change.before, change.after)
    )
    title = f"{change.application}: {change.key}"
    if before == after:
        yield f"--- {title}\n+++ {title}\n values of the Secret differ\n"
        return
    if len(before) + len(after) > _LONGEST:
        yield f"--- {title}\n+++ {title}\n {change.kind}; too long to be shown line by line\n"
        return
    places = (str(side.where) if side else "nothing" for side in (change.before, change.after))
    old, new = (f"{title}  ({place})" for place in places)
    yield from difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), old, new
    )


def _text(manifest: Manifest, *, secrets: bool, plain: bool = False) -> str:
    body = without_origin(manifest.body) if plain else manifest.body
    return to_yaml(body if secrets else masked(body), sort_keys=True, width=120)


def _stated(side: Manifest | None) -> JsonObject | None:
    return without_origin(side.body) if side else None


def _name(key: ObjectKey) -> str:
    kind = f"{key.kind}.{key.group}" if key.group else key.kind
    return f"{kind.lower()}/{key.name}" + (f" -n {key.namespace}" if key.namespace else "")
