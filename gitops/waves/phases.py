"""Which objects are hooks, and of which phases: Argo CD's annotations, or Helm's where there are none.

Source: `gitops-engine`'s packages `sync/hook` and `sync/hook/helm`. Helm's install and upgrade are one here, as
they are there; its tests and rollbacks never run.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops.model.phase import CRD_INSTALL, HELM_HOOK, HOOK, ORDER, DeletePolicy, Phase, is_hook
from gitops.waves.order import sort_key, sync_wave

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitops.model.errors import Problems
    from gitops.model.manifest import Manifest

_POLICY, _HELM_POLICY = "argocd.argoproj.io/hook-delete-policy", "helm.sh/hook-delete-policy"
_SKIP = "Skip"
_HELM_PHASES = {
    "pre-install": Phase.PRE_SYNC,
    "pre-upgrade": Phase.PRE_SYNC,
    "post-install": Phase.POST_SYNC,
    "post-upgrade": Phase.POST_SYNC,
    "pre-delete": Phase.PRE_DELETE,
    "post-delete": Phase.POST_DELETE,
}
_HELM_ONLY = frozenset(("test", "test-success", "test-failure", "pre-rollback", "post-rollback"))
_HELM_POLICIES = {
    "before-hook-creation": DeletePolicy.BEFORE_HOOK_CREATION,
    "hook-succeeded": DeletePolicy.HOOK_SUCCEEDED,
    "hook-failed": DeletePolicy.HOOK_FAILED,
}


@dataclass(frozen=True, slots=True)
class Placed:
    """A manifest in one phase: as an object that stays, or as a hook."""

    manifest: Manifest
    phase: Phase
    hook: bool

    @property
    def level(self) -> tuple[Phase, int]:
        """Phase and sync wave: what comes together."""
        return self.phase, sync_wave(self.manifest)


def placed(manifests: Iterable[Manifest], problems: Problems) -> list[Placed]:
    """Every manifest in its phases, by phase, sync wave, kind and name; what is skipped is left out."""
    found = [item for manifest in manifests for item in _places(manifest, problems)]
    return sorted(found, key=lambda item: (ORDER.index(item.phase), *sort_key(item.manifest)))


def delete_policies(manifest: Manifest) -> frozenset[DeletePolicy]:
    """When a hook's object is deleted: before the next one is made, unless it says otherwise."""
    known = {policy.value: policy for policy in DeletePolicy}
    found = [known.get(word) for word in _words(manifest, _POLICY)]
    found += [_HELM_POLICIES.get(word) for word in _words(manifest, _HELM_POLICY)]
    return frozenset(filter(None, found)) or frozenset((DeletePolicy.BEFORE_HOOK_CREATION,))


def trigger(manifests: Iterable[Manifest]) -> str:
    """A digest of all that an application states, but for its secrets' values: those show in Git's tree id."""
    bodies = [
        {k: v for k, v in item.body.items() if item.kind != "Secret" or k not in {"data", "stringData"}}
        for item in sorted(manifests, key=sort_key)
    ]
    return hashlib.sha256(json.dumps(bodies, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _places(manifest: Manifest, problems: Problems) -> list[Placed]:
    if not is_hook(manifest.annotations):
        return [Placed(manifest, Phase.SYNC, hook=False)]
    words = _words(manifest, HOOK)
    helm = [] if words else _words(manifest, HELM_HOOK)
    known = [*Phase, _SKIP] if words else [*_HELM_PHASES]
    unknown = set(words) - set(known) | set(helm) - set(known) - _HELM_ONLY - {CRD_INSTALL}
    for word in sorted(unknown) if words or helm else [""]:
        problems.add(
            f"{manifest.key} is a hook of {word!r}, and there is no such phase",
            manifest.where,
            f"use one of {', '.join(known)}",
            manifest.application,
        )
    # Skip counts when it stands alone: then there is no phase
    phases = {Phase(word) for word in words if word in set(Phase)}
    phases |= {_HELM_PHASES[word] for word in helm if word in _HELM_PHASES}
    return [Placed(manifest, phase, hook=True) for phase in ORDER if phase in phases]


def _words(manifest: Manifest, annotation: str) -> list[str]:
    return [word.strip() for word in str(manifest.annotations.get(annotation, "")).split(",") if word.strip()]
