"""What a change of the repository would do to every stack, object for object."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from gitops.model.keys import TREE_ANNOTATION
from gitops.model.manifest import without_origin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitops.model.errors import Problem
    from gitops.model.keys import ObjectKey
    from gitops.model.manifest import Manifest


class Effect(StrEnum):
    """What happens to an object.

    `replaced` is deleted and made anew. `left` leaves Git and stays in the cluster, as it is told to.
    """

    CREATED = "created"
    CHANGED = "changed"
    REPLACED = "replaced"
    DELETED = "deleted"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """One object that two revisions state differently.

    Attributes:
        wave: in which it is applied; for what goes, in which it was.
        before: None where it was not stated, and `after`, None where it will not be.
        fields: those that changed and can't be changed in place.
        warnings: what somebody should look at twice.
    """

    key: ObjectKey
    application: str
    wave: int
    effect: Effect
    before: Manifest | None
    after: Manifest | None
    fields: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """What the object will be, in 16 hexadecimal digits; "" when it goes."""
        return digest_of(self.after) if self.after else ""


@dataclass(frozen=True, slots=True)
class StackPreview:
    """What one stack would get.

    Attributes:
        before: the commit that was compared with, "" where there was nothing.
        after: the commit that was looked at, "" where it can't be had.
        changes: by wave, application and object.
        hooks: steps of hooks that would run, in order.
        problems: what is wrong at `after`: the applications that it concerns stay as they are.
        notes: what could not be compared, and why.
        drift: how many things contradict `after` in the cluster now; None where nobody looked.
    """

    stack: str
    before: str
    after: str
    changes: tuple[ObjectChange, ...] = ()
    hooks: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    drift: int | None = None

    @property
    def digest(self) -> str:
        """Of every object that changes and what becomes of it, in 16 hexadecimal digits."""
        return _digest([[c.key.resource_name, str(c.effect), c.digest] for c in self.changes])

    @property
    def counts(self) -> dict[str, int]:
        """How many objects are created, changed and so on; what happens to none is left out."""
        found = [str(change.effect) for change in self.changes]
        return {str(effect): found.count(effect) for effect in Effect if effect in found}


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do to a project's stacks, by name."""

    base: str
    head: str
    stacks: tuple[StackPreview, ...] = field(default=())

    @property
    def digest(self) -> str:
        """Of all stacks' digests, in 16 hexadecimal digits."""
        return _digest([[item.stack, item.digest] for item in self.stacks])

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong on any stack; what is wrong on several is told once."""
        return tuple(dict.fromkeys(problem for item in self.stacks for problem in item.problems))

    @property
    def counts(self) -> dict[str, int]:
        """The sums of all stacks' counts."""
        names = [name for item in self.stacks for name in item.counts]
        return {
            str(effect): sum(item.counts.get(effect, 0) for item in self.stacks)
            for effect in Effect
            if effect in names
        }


def digest_of(manifest: Manifest) -> str:
    """What an object is, in 16 hexadecimal digits of a SHA-256, wherever it comes from.

    A Secret's is made from the name of its application's tree, since one that is made from values would help to guess
    them.
    """
    if manifest.kind == "Secret":
        return _digest([manifest.key.resource_name, manifest.annotations.get(TREE_ANNOTATION)])
    return _digest(without_origin(manifest.body))


def digests_of(manifests: Iterable[Manifest]) -> dict[str, str]:
    """The digest of every object, by the name of its resource."""
    return {manifest.key.resource_name: digest_of(manifest) for manifest in manifests}


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
