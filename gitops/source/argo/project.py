"""An AppProject becomes the model's project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.model.project import AllowedDestination, KindPattern, OrphanRule, Project
from gitops.source.argo.objects import RawLike, read_strictly
from gitops.source.argo.projectspec import Kind, ProjectObject, ProjectSpec
from gitops.source.match import matches, matches_text
from gitops.source.windows import complaints, windows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitops.model.errors import Problems

_BECAUSE = {
    "signature_keys": ("signatureKeys", "signatures of commits are not checked"),
    "source_integrity": ("sourceIntegrity", "signatures of commits are not checked"),
    "destination_service_accounts": ("destinationServiceAccounts", "nobody is impersonated"),
    "permit_only_project_scoped_clusters": (
        "permitOnlyProjectScopedClusters",
        "a stack's cluster belongs to no project",
    ),
}


def read_project(raw: RawLike, problems: Problems) -> Project | None:
    """The project that an AppProject states, or None when it is wrong; rules that can't be kept are problems."""
    stated = read_strictly(raw, ProjectObject, problems)
    if stated is None:
        return None
    spec, before = stated.spec, len(problems)
    for what, next_step in (*_complaints(spec), *_malformed(spec)):
        problems.add(f"project {stated.metadata.name!r}: {what}", raw.where, next_step)
    if not stated.metadata.name:
        problems.add("the project has no name", raw.where, "state metadata.name")
    if len(problems) > before:
        return None
    allowed = spec.namespace_resource_whitelist
    orphans = spec.orphaned_resources
    return Project(
        name=stated.metadata.name,
        namespace=stated.metadata.namespace,
        sources=spec.source_repos,
        destinations=tuple(
            AllowedDestination(item.server, item.name, item.namespace) for item in spec.destinations
        ),
        cluster_allowed=_kinds(spec.cluster_resource_whitelist),
        cluster_denied=_kinds(spec.cluster_resource_blacklist),
        namespaced_allowed=None if allowed is None else _kinds(allowed),
        namespaced_denied=_kinds(spec.namespace_resource_blacklist),
        source_namespaces=spec.source_namespaces,
        orphans=OrphanRule(orphans.warn, _kinds(orphans.ignore)) if orphans else None,
        windows=windows_of(spec.sync_windows),
    )


def _kinds(stated: Iterable[Kind]) -> tuple[KindPattern, ...]:
    return tuple(KindPattern(item.group, item.kind, item.name) for item in stated)


def _complaints(spec: ProjectSpec) -> Iterator[tuple[str, str]]:
    for field, (name, reason) in _BECAUSE.items():
        if getattr(spec, field):
            yield f"{name} can't be honored: {reason}", "take the rule out, or keep it by other means"
    yield from complaints(spec.sync_windows)


def _malformed(spec: ProjectSpec) -> Iterator[tuple[str, str]]:
    """Patterns that match nothing because they are none: Argo CD passes over them, which forbids by accident."""
    kinds = (
        *spec.cluster_resource_whitelist,
        *spec.cluster_resource_blacklist,
        *(spec.namespace_resource_whitelist or ()),
        *spec.namespace_resource_blacklist,
    )
    texts = (
        *spec.source_repos,
        *(text for text in spec.source_namespaces if not text.startswith("/")),
        *(text for item in spec.destinations for text in (item.server, item.name, item.namespace)),
    )
    for matcher, patterns in (
        (matches, [text for item in kinds for text in (item.group, item.kind, item.name)]),
        (matches_text, [text.removeprefix("!") for text in texts]),
    ):
        for pattern in patterns:
            try:
                matcher(pattern, "")
            except ValueError as error:
                yield str(error), "mend the pattern"
