"""`rollout:` sections carried out, and what is wrong with any rollout told with its file and line."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gitops.manifests.objects import normalized
from gitops.manifests.raw import RawObject
from gitops.model.keys import ObjectKey
from gitops.rollouts.faults.find import find_faults
from gitops.rollouts.section import carried_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gitops.manifests.scopes import Scopes
    from gitops.model.application import Application
    from gitops.model.errors import Location, Problems
    from gitops.model.manifest import Manifest
    from gitops.model.rollout.section import Lines
    from gitops.rollouts.section import Part

_SECTION = "rollout"


@dataclass(frozen=True, slots=True)
class Sections:
    """The sections of a stack as they are carried out, which know where each field of their objects comes from."""

    parts: dict[ObjectKey, tuple[Lines, Part]] = field(default_factory=dict)

    def of(
        self, application: Application, items: Sequence[RawObject], known: Scopes, problems: Problems
    ) -> Sequence[RawObject]:
        """An application's objects with its section's, which stand where the section does."""
        section = application.rollout
        if section is None or section.stated is None:
            return items
        lines = section.stated
        # a section goes by namespaces, which not every object states itself
        items = [
            RawObject(
                item.where, normalized(item.body, application.namespace, known) or item.body, item.source
            )
            for item in items
        ]
        carried = carried_out(section, [item.body for item in items])
        for fault in carried.faults:
            path = f"{_SECTION}.{fault.path}"
            problems.add(f"`{path}`: {fault.what}", lines.at(path), fault.next_step, application.name)
        stated = {id(item.body): item for item in items}
        found = []
        for part in carried.parts:
            if part.body is not part.origin:
                self.parts[ObjectKey.of_body(part.body)] = (lines, part)
            item = stated.get(id(part.origin)) if part.origin is not None else None
            found.append(replace(item, body=part.body) if item else RawObject(lines.at(_SECTION), part.body))
        return found

    def check(self, manifests: Iterable[Manifest], problems: Problems) -> None:
        """Note what is wrong with the rollouts among the stack's manifests, whoever states them."""
        known = {manifest.key: manifest for manifest in manifests}
        for key, fault in find_faults(manifest.body for manifest in known.values()):
            manifest = known[key]
            path, where = self._place(key, fault.path, manifest.where)
            problems.add(f"{key}: `{path}` {fault.what}", where, fault.next_step, manifest.application)

    def _place(self, key: ObjectKey, path: str, where: Location) -> tuple[str, Location]:
        """The key of a section that a path in an object comes from, and its line; else the path, and the object's."""
        if key not in self.parts:
            return path, where
        lines, part = self.parts[key]
        for prefix, own in part.prefixes:
            rest = path.removeprefix(prefix)
            if path.startswith(prefix) and rest[:1] in {"", ".", "["}:
                path = f"{_SECTION}.{own}{rest}" if own else f"{_SECTION}{rest}"
                return path, lines.at(path)
        return path, where
