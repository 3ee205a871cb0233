"""The rule that no Secret stands in Git in clear."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.source.match import matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gitops.model.errors import Problems
    from gitops.model.manifest import Manifest


def refuse_plain(manifests: Iterable[Manifest], allowed: Sequence[str], problems: Problems) -> None:
    """Note every Secret with values, unless a glob in `allowed` matches the file that states it."""
    for manifest in manifests:
        body = manifest.body
        if manifest.kind != "Secret" or manifest.api_version != "v1":
            continue
        if not (body.get("data") or body.get("stringData")):
            continue
        if not any(matches(pattern, manifest.where.file) for pattern in allowed):
            problems.add(
                f"{manifest.key} stands here in clear",
                manifest.where,
                "seal it: gitops secret seal, change what it protects, or name the file in gitops:plainSecrets",
                manifest.application,
            )
