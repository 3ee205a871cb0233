"""What of a repository's SealedSecrets a cluster is given: as they are, or opened."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gitops.model.errors import GitOpsError
from gitops.model.keys import OBJECT_ANNOTATION, ObjectKey
from gitops.model.manifest import stated_once
from gitops.secrets.files import is_sealed_secret
from gitops.secrets.recipients import check_form, for_anyone, for_stack
from gitops.secrets.scope import CLAIMS, GROUP, KIND
from gitops.secrets.sealed import UnsealError, unseal_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gitops.model.errors import Problems
    from gitops.model.manifest import JsonObject, Manifest
    from gitops.secrets.keys import KeyRing

SEALED = (GROUP, KIND)
"""Group and kind of a SealedSecret."""
# What this project and its kin wrote on the SealedSecret goes on to the Secret that takes its place.
_OURS = ("gitops.internal/", "argocd.argoproj.io/", "pulumi.com/")


def delivered(
    manifests: Sequence[Manifest],
    stack: str,
    ring: Callable[[], KeyRing] | None,
    problems: Problems,
) -> tuple[Manifest, ...]:
    """The manifests as a stack's cluster gets them.

    Each SealedSecret is there with the values for this stack alone. With a `ring`, the Secret that it holds takes its
    place; the ring is not asked for where nothing is sealed.
    """
    sealed = [manifest for manifest in manifests if is_sealed_secret(manifest.body)]
    if not sealed:
        return tuple(manifests)
    try:
        keys = ring() if ring else None
    except GitOpsError as error:
        (problem,) = error.problems
        for manifest in sealed:
            what = f"{manifest.key} can't be opened: {problem.what}"
            problems.add(what, manifest.where, problem.next_step, manifest.application)
        return tuple(manifests)
    bodies: dict[int, JsonObject] = {}
    for manifest in sealed:
        try:
            check_form(manifest.body)
            bodies[id(manifest)] = (
                for_stack(manifest.body, stack) if keys is None else _opened(manifest.body, stack, keys)
            )
        except GitOpsError as error:
            (problem,) = error.problems
            problems.add(problem.what, manifest.where, problem.next_step, manifest.application)
    result = tuple(replace(manifest, body=bodies.get(id(manifest), manifest.body)) for manifest in manifests)
    if keys is not None:
        stated_once((manifest for manifest in result if manifest.kind == "Secret"), problems)
    return result


def unsealed(sealed: JsonObject, stack: str, ring: KeyRing) -> JsonObject:
    """The Secret in a SealedSecret, by whichever of the clusters' values opens with these keys.

    Raises:
        UnsealError, ConfigError: none does.
    """
    first: UnsealError | None = None
    for candidate in for_anyone(sealed, stack):
        try:
            return unseal_secret(candidate, ring)
        except UnsealError as error:
            first = first or error
    assert first is not None  # noqa: S101 - there is at least one candidate
    raise first


def _opened(sealed: JsonObject, stack: str, ring: KeyRing) -> JsonObject:
    secret = unsealed(sealed, stack, ring)
    metadata = secret["metadata"]
    for field in ("labels", "annotations"):
        own = {k: v for k, v in (sealed["metadata"].get(field) or {}).items() if k.startswith(_OURS)}
        if OBJECT_ANNOTATION in own:
            own[OBJECT_ANNOTATION] = ObjectKey.of_body(secret).resource_name
        kept = {k: v for k, v in (metadata.get(field) or {}).items() if k not in CLAIMS} | own
        if kept:
            metadata[field] = kept
        else:
            metadata.pop(field, None)
    return secret
