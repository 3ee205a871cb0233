"""What a stack gets with a commit, in one short name."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from gitops.model.images import images
from gitops.model.manifest import without_origin
from gitops.model.promotion import Unit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitops.model.manifest import Manifest


def unit_of(revision: str, manifests: Iterable[Manifest]) -> Unit:
    """The unit of everything that a stack gets at a revision.

    The digest is SHA-256, cut to 16 digits, over the objects as JSON with sorted keys, in the order of their
    identities, each without its origin: the name of a tree changes with files that change no object.
    """
    bodies = {manifest.key.resource_name: manifest.body for manifest in manifests}
    text = json.dumps([[name, without_origin(bodies[name])] for name in sorted(bodies)], sort_keys=True)
    found = {image for body in bodies.values() for _, image in images(body)}
    return Unit(revision, hashlib.sha256(text.encode()).hexdigest()[:16], tuple(sorted(found)))
