"""What a stack gets with a commit, in one short name."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from gitops.model.manifest import without_origin
from gitops.model.promotion import Unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitops.model.manifest import Manifest

_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


def unit_of(revision: str, manifests: Iterable[Manifest]) -> Unit:
    """The unit of everything that a stack gets at a revision.

    The digest is SHA-256, cut to 16 digits, over the objects as JSON with sorted keys, in the order of their
    identities, each without its origin: the name of a tree changes with files that change no object.
    """
    bodies = {manifest.key.resource_name: manifest.body for manifest in manifests}
    text = json.dumps([[name, without_origin(bodies[name])] for name in sorted(bodies)], sort_keys=True)
    images = {image for body in bodies.values() for image in _images(body)}
    return Unit(revision, hashlib.sha256(text.encode()).hexdigest()[:16], tuple(sorted(images)))


def _images(value: Any) -> Iterator[str]:
    """The images of all containers, however deep a kind keeps its pods."""
    if isinstance(value, dict):
        for key, below in value.items():
            if key in _CONTAINERS and isinstance(below, list):
                yield from (str(c["image"]) for c in below if isinstance(c, dict) and c.get("image"))
            yield from _images(below)
    elif isinstance(value, list):
        for below in value:
            yield from _images(below)
