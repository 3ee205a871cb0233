"""An application's sources become what they state, each by the tool that its options or its files name."""

from __future__ import annotations

from dataclasses import replace
from posixpath import join
from typing import TYPE_CHECKING

from gitops.manifests import helm, kustomize
from gitops.manifests.charts import EXACT_VERSION
from gitops.manifests.kustomize import kustomize_root
from gitops.manifests.plain import read_plain
from gitops.manifests.pull import pull
from gitops.manifests.raw import RawObject, RenderError
from gitops.manifests.rendering import Task, inside
from gitops.model.errors import GitOpsError, Location, Problems
from gitops.model.sources import Directory, Helm, Kustomize, Source

if TYPE_CHECKING:
    from gitops.manifests.rendering import Fetch, Rendering
    from gitops.model.application import Application
    from gitops.model.sources import Tool
    from gitops.source.commit import Commit


def read(
    commit: Commit, application: Application, rendering: Rendering, fetch: Fetch, problems: Problems
) -> list[RawObject]:
    """Every document that the application's sources state, in their order; what is wrong goes to `problems`.

    An application without stated sources is its own directory of the commit, in the stack's variant of it.
    """
    place = application.stated or Location(application.path)
    sources = application.sources or (Source(path=application.path),)
    found: list[RawObject] = []
    try:
        commits = [_commit(commit, source, rendering, fetch, place) for source in sources]
        references = {source.ref: of for source, of in zip(sources, commits, strict=True) if source.ref}
        for index, (source, of) in enumerate(zip(sources, commits, strict=True)):
            if source.ref and not (source.path or source.chart):
                continue
            path = _folder(of, source, place)
            task = Task(application, of, path, references, _variables(application, source, of, path))
            found += _located(task, source, index, rendering, problems)
    except RenderError as error:
        error.note(application.name, problems)
    return found


def _commit(commit: Commit, source: Source, rendering: Rendering, fetch: Fetch, place: Location) -> Commit:
    """Where a source's files are: the commit at hand, another one, or a chart that is downloaded."""
    if source.chart:
        if not EXACT_VERSION.fullmatch(source.revision):
            raise RenderError(
                f"chart {source.chart}: version {source.revision!r} may be another one tomorrow",
                place,
                "state targetRevision exactly, such as 1.2.3",
            )
        return pull(source.repository, source.chart, source.revision, rendering, place)
    if not source.repository and not source.revision:
        return commit
    try:
        return fetch(source.repository, source.revision)
    except GitOpsError as error:
        problem = error.problems[0]
        raise RenderError(problem.what, place, problem.next_step) from error


def _folder(commit: Commit, source: Source, place: Location) -> str:
    stated = source.chart or source.path
    path = inside(stated)
    if path is None:
        raise RenderError(f"source path {stated!r} leaves the repository", place, "mend the path")
    if not commit.has_folder(path):
        where = f" in {source.repository}" if source.repository else ""
        raise RenderError(
            f"source path {stated!r} is no directory{where}", place, "mend the path, or commit it"
        )
    return path


def _located(
    task: Task, source: Source, index: int, rendering: Rendering, problems: Problems
) -> list[RawObject]:
    """What a source states, and its problems, at places that name the repository when it is another one."""
    inner = Problems()
    objects: list[RawObject] = []
    try:
        objects = _rendered(task, source, rendering, inner)
    except RenderError as error:
        error.note(task.application.name, inner)
    origin = f"{source.repository}@{source.revision or 'HEAD'}:" if source.repository else ""

    def at(where: Location) -> Location:
        return replace(where, file=f"{origin}{where.file}")

    for problem in inner:
        where = problem.where and at(problem.where)
        problems.add(problem.what, where, problem.next_step, problem.application, problem.also)
    return [RawObject(at(raw.where), raw.body, index) for raw in objects]


def _rendered(task: Task, source: Source, rendering: Rendering, problems: Problems) -> list[RawObject]:
    # Only a directory of this project's own layout has variants for stacks.
    overlay = "" if task.application.sources else rendering.overlay
    root = kustomize_root(task.commit, task.path, overlay)
    tool = source.tool or _detected(task, source, root)
    match tool:
        case Helm():
            own = f"values-{overlay}.yaml"
            if overlay and join(task.path, own) in task.commit.entries:
                tool = replace(tool, value_files=(*tool.value_files, own))
            return helm.render(task, tool, rendering)
        case Kustomize():
            return kustomize.render(replace(task, path=root or task.path), tool, rendering, problems)
        case Directory():
            return list(read_plain(task, tool, rendering, problems))


def _detected(task: Task, source: Source, kustomization: str | None) -> Tool:
    """The tool by the files right in the folder; a kustomization wins over a chart.

    Source: Argo CD's `util/app/discovery`.
    """
    if source.chart:
        return Helm()
    if kustomization is not None:
        return Kustomize()
    return Helm() if helm.is_chart(task.commit, task.path) else Directory()


def _variables(application: Application, source: Source, commit: Commit, path: str) -> dict[str, str]:
    """Argo CD's build environment."""
    return {
        "ARGOCD_APP_NAME": application.name,
        "ARGOCD_APP_NAMESPACE": application.namespace,
        "ARGOCD_APP_PROJECT_NAME": application.project,
        "ARGOCD_APP_REVISION": commit.sha,
        "ARGOCD_APP_REVISION_SHORT": commit.sha[:7],
        "ARGOCD_APP_REVISION_SHORT_8": commit.sha[:8],
        "ARGOCD_APP_SOURCE_PATH": path,
        "ARGOCD_APP_SOURCE_REPO_URL": source.repository,
        "ARGOCD_APP_SOURCE_TARGET_REVISION": source.revision,
    }
