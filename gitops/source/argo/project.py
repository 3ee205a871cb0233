"""An AppProject becomes the model's project."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gitops.model.duration import parse_duration
from gitops.model.project import AllowedDestination, KindPattern, OrphanRule, Project, SyncWindow
from gitops.source.argo.objects import RawLike, read_strictly
from gitops.source.argo.projectspec import Kind, ProjectObject, ProjectSpec, Window
from gitops.source.match import matches, matches_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitops.model.errors import Problems

_FIELD = re.compile(r"[0-9A-Za-z*?,/-]+")
_DESCRIPTORS = {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}
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
        windows=tuple(_window(window) for window in spec.sync_windows),
    )


def _kinds(stated: Iterable[Kind]) -> tuple[KindPattern, ...]:
    return tuple(KindPattern(item.group, item.kind, item.name) for item in stated)


def _window(stated: Window) -> SyncWindow:
    return SyncWindow(
        kind=stated.kind,
        schedule=stated.schedule,
        duration=parse_duration(stated.duration),
        time_zone=stated.time_zone or "UTC",
        applications=stated.applications,
        namespaces=stated.namespaces,
        clusters=stated.clusters,
        all_of=stated.and_operator,
        manual=stated.manual_sync,
        overrun=stated.sync_overrun,
    )


def _complaints(spec: ProjectSpec) -> Iterator[tuple[str, str]]:
    for field, (name, reason) in _BECAUSE.items():
        if getattr(spec, field):
            yield f"{name} can't be honored: {reason}", "take the rule out, or keep it by other means"
    for index, window in enumerate(spec.sync_windows):
        place = f"syncWindows[{index}]"
        fields = window.schedule.split()
        if window.schedule not in _DESCRIPTORS and not (
            len(fields) == 5 and all(map(_FIELD.fullmatch, fields))
        ):
            yield f"{place}: {window.schedule!r} is not a schedule of cron's five fields", "mend it"
        try:
            parse_duration(window.duration)
            ZoneInfo(window.time_zone or "UTC")
        except ZoneInfoNotFoundError:
            yield f"{place}: {window.time_zone!r} is not a time zone", "write it as Europe/Berlin"
        except (ValueError, OSError) as error:
            yield f"{place}: {error}", "mend it"
        if not (window.applications or window.namespaces or window.clusters):
            yield f"{place} is for nothing", "state applications, namespaces or clusters"


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
