"""All applications of a commit become manifests, or a complete list of what is wrong with them."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from gitops.manifests.kustomize import find_kustomize
from gitops.manifests.labels import labeled
from gitops.manifests.objects import checked, normalized
from gitops.manifests.options import object_options
from gitops.manifests.program import find
from gitops.manifests.rendering import Rendering
from gitops.manifests.rollouts import Sections
from gitops.manifests.scopes import scopes
from gitops.manifests.sources import read
from gitops.model.errors import GitOpsError, Location, Problems
from gitops.model.keys import group_of
from gitops.model.manifest import Manifest, stated_once
from gitops.source.argo.objects import OPTIONS_ANNOTATION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitops.manifests.cache import Cache
    from gitops.manifests.raw import RawObject
    from gitops.manifests.rendering import Fetch
    from gitops.manifests.scopes import Scopes
    from gitops.model.application import Application
    from gitops.model.capabilities import Capabilities
    from gitops.model.keys import ObjectKey
    from gitops.model.manifest import JsonObject
    from gitops.model.settings import Settings
    from gitops.source.commit import Commit

# Namespaces that every cluster has, and that nobody's application creates.
STANDING_NAMESPACES = frozenset(("default", "kube-system", "kube-public", "kube-node-lease"))


def renderers(
    settings: Settings, cache: Cache, capabilities: Capabilities, *, enable_helm: bool = False
) -> Rendering:
    """The programs on PATH that render, for one stack.

    Args:
        settings: the stack's.
        cache: where what was rendered is kept.
        capabilities: what charts are told of the cluster.
        enable_helm: whether kustomizations may inflate charts.
    """
    return Rendering(
        cache, find("helm"), find_kustomize(), settings.overlay, capabilities, enable_helm=enable_helm
    )


def documents(
    commit: Commit,
    applications: Iterable[Application],
    rendering: Rendering,
    fetch: Fetch,
    problems: Problems,
) -> dict[Application, list[RawObject]]:
    """The documents that applications state, each checked to be an object.

    `fetch` gives the commit of another repository, or of another revision of the stack's own, whose URL is "".
    """
    applications = tuple(applications)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        others = _others(applications, fetch, pool)

        def stated(application: Application) -> list[RawObject]:
            found = read(commit, application, rendering, others, problems)
            return [item for document in found for item in checked(document, application.name, problems)]

        return dict(zip(applications, pool.map(stated, applications), strict=True))


def manifests(
    stated: Mapping[Application, list[RawObject]],
    stack: str,
    live_scopes: Mapping[tuple[str, str], bool] | None,
    problems: Problems,
    notes: Problems,
) -> tuple[Manifest, ...]:
    """The objects of applications as they will be applied, with a Namespace for those that live in none stated.

    Args:
        stated: what each application states.
        stack: the stack's name.
        live_scopes: which of the kinds that the cluster serves are namespaced; None where there is no cluster
            to ask, and a kind that nobody knows counts as namespaced.
        problems: told what is wrong.
        notes: told what is not wrong but worth knowing.
    """
    _note_empty(stated, problems)
    known = scopes((item.body for items in stated.values() for item in items), live_scopes)
    sections = Sections()
    found = [
        manifest
        for application, items in stated.items()
        for manifest in _last_stated(
            _manifests(application, sections.of(application, items, known, problems), stack, known, problems),
            notes,
        )
    ]
    unique = stated_once(found, problems)
    sections.check(unique, problems)
    return (*_namespaces(stated, unique, stack), *unique)


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
    application: Application, items: Iterable[RawObject], stack: str, known: Scopes, problems: Problems
) -> Iterable[tuple[int, Manifest]]:
    """Each object with the number of the source that states it."""
    for item in items:
        options, wrong = object_options(item.body["metadata"].get("annotations") or {}, application.options)
        for what in wrong:
            problems.add(what, item.where, f"mend the annotation {OPTIONS_ANNOTATION}", application.name)
        body = normalized(item.body, application.namespace, known)
        if body is None and options.skip_dry_run_on_missing_resource:
            # whoever makes its CRD makes it later; most kinds live in a namespace
            kind = (group_of(item.body["apiVersion"]), item.body["kind"])
            body = normalized(item.body, application.namespace, {kind: True})
        if body is None:
            problems.add(
                f"kind {item.body['kind']} of {item.body['apiVersion']} is unknown:"
                " neither the repository nor the cluster has a CRD for it",
                item.where,
                "mend apiVersion and kind, or add the CRD",
                application.name,
            )
        else:
            yield item.source, Manifest(labeled(body, application, stack), item.where, application.name)


def _last_stated(manifests: Iterable[tuple[int, Manifest]], notes: Problems) -> list[Manifest]:
    """An application's objects, without those that a later source of it states anew."""
    kept: list[tuple[int, Manifest]] = []
    stated: dict[ObjectKey, tuple[int, Manifest]] = {}
    for source, manifest in manifests:
        before = stated.get(manifest.key)
        if before and before[0] != source:
            kept.remove(before)
            notes.add(
                f"{manifest.key} replaces the one at {before[1].where}, which an earlier source states",
                manifest.where,
                "",
                manifest.application,
            )
        stated[manifest.key] = (source, manifest)
        kept.append((source, manifest))
    return [manifest for _, manifest in kept]


def _others(applications: Iterable[Application], fetch: Fetch, pool: ThreadPoolExecutor) -> Fetch:
    """The commits that sources name beside the stack's own, each had once; a failure is told where it matters."""
    wanted = sorted(
        {
            (source.repository, source.revision)
            for application in applications
            for source in application.sources
            if (source.repository or source.revision) and not source.chart
        }
    )

    def had(place: tuple[str, str]) -> Commit | GitOpsError:
        try:
            return fetch(*place)
        except GitOpsError as error:
            return error

    found = dict(zip(wanted, pool.map(had, wanted), strict=True))

    def other(url: str, revision: str) -> Commit:
        answer = found[url, revision]
        if isinstance(answer, GitOpsError):
            raise answer
        return answer

    return other


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
            options = application.options
            metadata: JsonObject = {"name": name}
            if options.namespace_labels:
                metadata["labels"] = dict(options.namespace_labels)
            if options.namespace_annotations:
                metadata["annotations"] = dict(options.namespace_annotations)
            body = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
            where = Location(application.path)
            made[name] = Manifest(labeled(body, application, stack), where, application.name)
    return list(made.values())
