"""What tells one content of a Secret from another without telling the content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.model.keys import ObjectKey
from gitops.secrets.files import is_sealed_secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitops.model.manifest import Manifest


def sealed_contents(manifests: Iterable[Manifest]) -> Mapping[ObjectKey, object]:
    """What is sealed, by the Secret that it becomes: a digest of this in a name gives no value away."""
    return {
        ObjectKey("", "Secret", manifest.key.namespace, manifest.key.name): manifest.body["spec"]
        for manifest in manifests
        if is_sealed_secret(manifest.body)
    }
