"""All applications of a commit become manifests, or a complete list of what is wrong with them."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from gitops.manifests.kustomize import find_renderer, kustomize_root, render
from gitops.manifests.labels import labeled
from gitops.manifests.objects import checked, normalized
from gitops.manifests.plain import read_plain
from gitops.manifests.scopes import scopes
from gitops.model.errors import Location
from gitops.model.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitops.manifests.cache import Cache
    from gitops.manifests.raw import RawObject
    from gitops.manifests.scopes import Scopes
    from gitops.model.application import Application
    from gitops.model.errors import Problems
    from gitops.model.keys import ObjectKey
    from gitops.model.settings import Settings
    from gitops.source.commit import Commit

# Namespaces that every cluster has, and that nobody's application creates.
STANDING_NAMESPACES = frozenset(("default", "kube-system", "kube-public", "kube-node-lease"))


def build(
    commit: Commit,
    applications: Iterable[Application],
    settings: Settings,
    live_scopes: Mapping[tuple[str, str], bool],
    *,
    cache: Cache,
    problems: Problems,
) -> tuple[Manifest, ...]:
    """Every object that the commit states for the stack, by application.

    `live_scopes` says which of the kinds that the cluster serves are namespaced.
    """
    renderer = find_renderer()

    def read(application: Application) -> list[RawObject]:
        root = kustomize_root(commit, application, settings.overlay)
        if root:
            raw = render(commit, application, root, renderer, cache=cache, problems=problems)
        elif f"{application.path}/Chart.yaml" in commit.entries:
            problems.add(
                "is a Helm chart, which can't be rendered here yet",
                Location(f"{application.path}/Chart.yaml"),
                "commit its rendered manifests, or exclude the directory in gitops:applications",
                application.name,
            )
            return []
        else:
            raw = list(read_plain(commit, application, cache, problems))
        return [item for document in raw for item in checked(document, application.name, problems)]

    applications = tuple(applications)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        raw = dict(zip(applications, pool.map(read, applications), strict=True))
    _note_empty(raw, problems)
    known = scopes((item.body for items in raw.values() for item in items), live_scopes)
    manifests = [
        manifest
        for application, items in raw.items()
        for manifest in _manifests(application, items, settings.stack, known, problems)
    ]
    unique = _without_twins(manifests, problems)
    return (*_namespaces(applications, unique, settings.stack), *unique)


def _note_empty(raw: Mapping[Application, list[RawObject]], problems: Problems) -> None:
    """An application without objects is a mistake, never a wish to delete everything it had."""
    broken = {problem.application for problem in problems}
    for application, items in raw.items():
        if not items and application.name not in broken:
            problems.add(
                "states no objects at all",
                Location(application.path),
                "add manifests, or remove the directory to delete the application",
                application.name,
            )


def _manifests(
    application: Application, items: list[RawObject], stack: str, known: Scopes, problems: Problems
) -> Iterable[Manifest]:
    for item in items:
        body = normalized(item.body, application.namespace, known)
        if body is None:
            problems.add(
                f"kind {item.body['kind']} of {item.body['apiVersion']} is unknown:"
                " neither the repository nor the cluster has a CRD for it",
                item.where,
                "mend apiVersion and kind, or add the CRD",
                application.name,
            )
        else:
            yield Manifest(labeled(body, application, stack), item.where, application.name)


def _without_twins(manifests: list[Manifest], problems: Problems) -> list[Manifest]:
    first: dict[ObjectKey, Manifest] = {}
    for manifest in manifests:
        twin = first.setdefault(manifest.key, manifest)
        if twin is not manifest:
            problems.add(
                f"{manifest.key} is already stated at {twin.where}",
                manifest.where,
                "keep it in one of the two places",
                manifest.application,
            )
    return list(first.values())


def _namespaces(applications: Iterable[Application], manifests: list[Manifest], stack: str) -> list[Manifest]:
    """A Namespace for each application that lives in one which no manifest states."""
    stated = {manifest.key.name for manifest in manifests if manifest.kind == "Namespace"}
    used = {(manifest.application, manifest.key.namespace) for manifest in manifests}
    made: dict[str, Manifest] = {}
    for application in sorted(applications, key=lambda item: (item.wave, item.name)):
        name = application.namespace
        if (
            application.create_namespace
            and name not in stated | STANDING_NAMESPACES | made.keys()
            and (application.name, name) in used
        ):
            body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            where = Location(application.path)
            made[name] = Manifest(labeled(body, application, stack), where, application.name)
    return list(made.values())
