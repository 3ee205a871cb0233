"""Every application of a stack and what it states: its directories, and Argo CD's objects to any depth."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from posixpath import basename, dirname
from typing import TYPE_CHECKING

from gitops.manifests.build import documents
from gitops.manifests.helm import is_chart
from gitops.manifests.reach import kustomization_in
from gitops.model.application import Application
from gitops.model.errors import ConfigError, GitOpsError, Problem, Problems
from gitops.model.project import DEFAULT_PROJECT
from gitops.model.sources import Directory, Source
from gitops.source.argo.application import read_application
from gitops.source.argo.applicationset import generate
from gitops.source.argo.fleet import Fleet
from gitops.source.argo.objects import APPLICATION, APPLICATION_SET, PROJECT, is_argo, name_of
from gitops.source.argo.override import overridden
from gitops.source.argo.project import read_project
from gitops.source.argo.rules import violations
from gitops.source.commit import FOLDER
from gitops.source.customizations import read_customizations
from gitops.source.identity import tree_of
from gitops.source.layout import find_applications

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gitops.manifests.raw import RawObject
    from gitops.manifests.rendering import Fetch, Rendering
    from gitops.model.manifest import Manifest
    from gitops.model.project import Project
    from gitops.model.settings import Settings
    from gitops.model.sync import IgnoreDifference
    from gitops.source.argo.objects import RawLike
    from gitops.source.commit import Commit

# An Application that states Applications that state Applications: deeper than this is a mistake.
DEPTH = 12


@dataclass(frozen=True, slots=True)
class Stated:
    """What a commit states for a stack.

    Attributes:
        documents: by application, by wave and name; none of Argo CD's own objects among them.
        containers: names of applications that state nothing but other applications.
        projects: what their projects permit Argo CD's applications; `None` in place of one that is broken.
        argo: whether any of Argo CD's objects were read.
        notes: what of Argo CD's configuration has no effect.
    """

    documents: Mapping[Application, list[RawObject]]
    containers: frozenset[str] = frozenset()
    projects: Mapping[str, Project | None] = field(default_factory=dict)
    argo: bool = False
    notes: tuple[Problem, ...] = ()

    @property
    def applications(self) -> tuple[Application, ...]:
        """By wave and name."""
        return tuple(self.documents)

    def forbidden(self, manifests: Iterable[Manifest]) -> Iterator[Problem]:
        """What the projects of Argo CD's applications don't permit, for those that have manifests here."""
        objects: dict[str, list[Manifest]] = {}
        for manifest in manifests:
            objects.setdefault(manifest.application, []).append(manifest)
        projects = {DEFAULT_PROJECT.name: DEFAULT_PROJECT, **self.projects}
        for application in self.applications:
            if not application.origin.destination_server or application.name not in objects:
                continue
            project = projects.get(application.project)
            if project:
                yield from violations(project, application, objects[application.name])
            else:
                known = application.project in projects
                yield _without_project(application, "is broken" if known else "is stated nowhere")


def find_stated(
    commit: Commit, settings: Settings, rendering: Rendering, fetch: Fetch, problems: Problems
) -> Stated:
    """Every application of the stack's cluster, and what it states.

    Applications come from the directory layout, from the files that `gitops:argocd` names, and from what
    other applications state. A child of a child keeps its parent's wave, and its own wave orders it among
    its siblings; Argo CD would not wait for their health there.

    What is wrong with an ApplicationSet is noted for `ApplicationSet NAME`, since its applications are not known,
    and with a project for `AppProject NAME`.
    """
    finder = _Finder(commit, settings, fetch, problems)
    fresh = find_applications(commit, settings, problems) if settings.applications else ()
    finder.known = {application.name: application for application in fresh}
    roots = documents(commit, [_root(path, commit) for path in settings.argocd], rendering, fetch, problems)
    finder.customize(roots)
    pending = [("", raw) for items in roots.values() for raw in items if is_argo(raw.body)]
    for _ in range(DEPTH):
        fresh = (*fresh, *finder.expand(pending))
        if not fresh:
            return finder.stated()
        found = documents(commit, fresh, rendering, fetch, problems)
        finder.customize(found)
        pending = [(one.name, raw) for one, items in found.items() for raw in items if is_argo(raw.body)]
        for application, items in found.items():
            finder.documents[application.name] = [raw for raw in items if not is_argo(raw.body)]
        finder.parental |= {name for name, _ in pending}
        fresh = ()
    names = ", ".join(sorted({name for name, _ in pending}))
    problems.add(
        f"applications state applications more than {DEPTH} deep: {names}",
        next_step="take out what states itself under another name",
    )
    return finder.stated()


def _without_project(application: Application, why: str) -> Problem:
    return Problem(
        f"project {application.project!r} {why}",
        application.stated,
        "state an AppProject of that name in gitops:argocd, or choose another project",
        application.name,
    )


def _root(path: str, commit: Commit) -> Application:
    """A folder or file of Argo CD's own objects, as if it were an application."""
    entry = commit.entries.get(path)
    if entry and entry.mode != FOLDER:
        source = Source(path=dirname(path), tool=Directory(include=basename(path)))
    elif kustomization_in(commit, path) or is_chart(commit, path):
        source = Source(path=path)
    else:
        source = Source(path=path, tool=Directory(recurse=True))
    return Application(f"gitops:argocd {path}", path, "", "", 0, sources=(source,))


@dataclass
class _Finder:
    """Applications in the finding: which are known, whose children they are, what they state."""

    commit: Commit
    settings: Settings
    fetch: Fetch
    problems: Problems
    known: dict[str, Application] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    children: dict[str, list[Application]] = field(default_factory=dict)
    documents: dict[str, list[RawObject]] = field(default_factory=dict)
    parental: set[str] = field(default_factory=set)
    projects: dict[str, Project | None] = field(default_factory=dict)
    ignored: list[IgnoreDifference] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)

    @property
    def fleet(self) -> Fleet:
        repository = self.settings.repository
        return Fleet(self.settings.stack, self.settings.fleet, repository.url, repository.revision)

    def expand(self, pending: Iterable[tuple[str, RawLike]]) -> tuple[Application, ...]:
        """The applications that Argo CD's objects state and nobody stated before."""
        fresh = []
        for parent, raw in pending:
            for application in self._read(raw):
                twin = self.known.get(application.name)
                if twin is None:
                    self.known[application.name] = application
                    self.parents[application.name] = parent
                    self.children.setdefault(parent, []).append(application)
                    fresh.append(application)
                elif replace(twin, stated=None) != replace(application, stated=None):
                    self.problems.add(
                        f"application {application.name!r} is already stated at {twin.stated or twin.path}",
                        raw.where,
                        "rename one of the two",
                        application.name,
                        also=(twin.name,),
                    )
        return tuple(fresh)

    def customize(self, found: Mapping[Application, list[RawObject]]) -> None:
        """Take over what Argo CD's own configuration says for all applications."""
        for application, items in found.items():
            for raw in items:
                told = read_customizations(raw.body)
                self.ignored += told.ignore_differences
                self.notes += [
                    Problem(f"has no effect: {text}", raw.where, "", application.name)
                    for text in told.not_honored
                ]

    def _read(self, raw: RawLike) -> Iterator[Application]:
        kind, own = raw.body["kind"], Problems()
        bodies: tuple[RawLike, ...] = (raw,) if kind == APPLICATION else ()
        if kind == PROJECT:
            self.projects[name_of(raw)] = read_project(raw, own)
        elif kind == APPLICATION_SET:
            bodies = generate(raw, self.commit, self.fleet, own, self.fetch)
        for problem in own:
            self.problems.note(replace(problem, application=f"{kind} {name_of(raw)}"))
        for body in bodies:
            application = read_application(body, self.fleet, self.problems)
            if application:
                try:
                    application = overridden(application, self._commit)
                except ConfigError as error:
                    (problem,) = error.problems
                    self.problems.note(replace(problem, application=application.name))
                yield replace(application, tree=tree_of(application, self.commit))

    def _commit(self, source: Source) -> Commit | None:
        """Where a source's files are; None for a chart, and for what can't be had, which is told later."""
        if source.chart:
            return None
        if not (source.repository or source.revision):
            return self.commit
        try:
            return self.fetch(source.repository, source.revision)
        except GitOpsError:
            return None

    def stated(self) -> Stated:
        """All that was found, in the waves that the applications end in."""
        argo = bool(self.parents)
        containers = frozenset(
            name for name, items in self.documents.items() if not items and name in self.parental
        )
        placed = sorted(
            (self._placed(self.known[name], containers) for name in self.documents if name not in containers),
            key=lambda item: (item.wave, item.name),
        )
        found = {item: self.documents[item.name] for item in placed}
        return Stated(found, containers, self.projects, argo, tuple(self.notes))

    def _placed(self, application: Application, containers: frozenset[str]) -> Application:
        """The application in the wave of its outermost parent, after what comes earlier among its siblings."""
        own = (*application.health_rules, *self.settings.health_rules)
        application = replace(application, health_rules=own)
        if application.name in self.parents:
            rules = (*application.ignore_differences, *self.ignored)
            every = self.settings.hooks == "every-sync"
            application = replace(application, ignore_differences=rules, hooks_every_sync=every)
        needed = set(application.depends_on)
        name = application.name
        while above := self._above(name, containers):
            wave = self.known[name].wave
            earlier = [item.name for item in self.children[above] if item.wave < wave]
            needed |= {leaf for item in earlier for leaf in self._leaves(item, containers)}
            needed |= {above} - containers
            name = above
        project = self.projects.get(application.project)
        return replace(
            application,
            wave=self.known[name].wave,
            depends_on=tuple(sorted(needed)),
            windows=(*application.windows, *(project.windows if project else ())),
            orphans=project.orphans if project else None,
        )

    def _above(self, name: str, containers: frozenset[str]) -> str:
        """The parent whose wave an application takes over; "" where its own counts.

        A root that is nothing but a list of applications has no wave to speak of.
        """
        parent = self.parents.get(name, "")
        is_list = parent in containers and self.parents.get(parent) == ""
        return "" if is_list else parent

    def _leaves(self, name: str, containers: frozenset[str]) -> set[str]:
        """The application, or all that a container's children come to."""
        own = set() if name in containers else {name}
        return own.union(*(self._leaves(item.name, containers) for item in self.children.get(name, ())))
