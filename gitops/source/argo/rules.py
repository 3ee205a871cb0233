"""What of an application its project forbids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops.model.errors import Problem
from gitops.model.keys import group_of
from gitops.source.argo.gotemplate.errors import GoTemplateError
from gitops.source.argo.repository import normal
from gitops.source.match import matches, matches_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitops.model.application import Application
    from gitops.model.manifest import Manifest
    from gitops.model.project import KindPattern, Project

CONTROLLER_NAMESPACE = "argocd"


def violations(
    project: Project, application: Application, objects: Iterable[Manifest] = ()
) -> tuple[Problem, ...]:
    """Every rule of the project that the application or one of its objects breaks, with the rule's name.

    An object counts as namespaced when it states a namespace.
    """
    return (*_of_application(project, application), *_of_objects(project, application, objects))


def _of_application(project: Project, application: Application) -> Iterator[Problem]:
    origin = application.origin

    def problem(what: str, rule: str) -> Problem:
        return _problem(project, application, what, rule)

    home = project.namespace or CONTROLLER_NAMESPACE
    if origin.namespace not in {"", home} and not _named(project.source_namespaces, origin.namespace):
        yield problem(f"namespace {origin.namespace!r} of the Application itself", "sourceNamespaces")
    for repository in origin.repositories:
        if not permits_source(project, repository):
            yield problem(f"repository {repository!r}", "sourceRepos")
    if not _permits_destination(project, application, application.namespace):
        yield problem(_destination(application, application.namespace), "destinations")


def _of_objects(project: Project, application: Application, objects: Iterable[Manifest]) -> Iterator[Problem]:
    for item in objects:
        rule = _broken_rule(project, item)
        if not rule and item.key.namespace not in {"", application.namespace}:
            permitted = _permits_destination(project, application, item.key.namespace)
            rule = "" if permitted else "destinations"
        if rule:
            what = _destination(application, item.key.namespace) if rule == "destinations" else "this kind"
            yield Problem(
                f"project {project.name!r} does not permit {item.key}: {rule} does not allow {what}",
                item.where,
                f"mend {rule} of the project, or take the object out",
                application.name,
            )


def _problem(project: Project, application: Application, what: str, rule: str) -> Problem:
    return Problem(
        f"project {project.name!r} does not permit {what}: {rule} does not allow it",
        application.stated,
        f"mend {rule} of the project, or choose another project",
        application.name,
    )


def _destination(application: Application, namespace: str) -> str:
    origin = application.origin
    return f"namespace {namespace!r} of cluster {origin.destination_name or origin.destination_server!r}"


def permits_source(project: Project, repository: str) -> bool:
    """Whether a repository is allowed: one glob matches, and no denying one does.

    As in Argo CD `*` stops at a slash unless it is the whole pattern, and a denying glob allows all others.
    """
    return _decided([_with_deny(pattern, repository, repository=True) for pattern in project.sources])


def _permits_destination(project: Project, application: Application, namespace: str) -> bool:
    origin = application.origin
    decisions: list[bool | None] = []
    for item in project.destinations:
        name = _with_deny(item.name, origin.destination_name) if origin.destination_name else False
        server = _with_deny(item.server, origin.destination_server) if origin.destination_server else False
        place = _with_deny(item.namespace, namespace)
        denied = name is None or server is None or place is None
        decisions.append(
            None if denied and not ((name or server) and place) else bool((name or server) and place)
        )
    return _decided(decisions)


def _decided(decisions: list[bool | None]) -> bool:
    """One match at least, and no denial."""
    return True in decisions and None not in decisions


def _with_deny(pattern: str, text: str, *, repository: bool = False) -> bool | None:
    """Whether a glob matches; None when one that begins with `!` denies."""
    denies = pattern.startswith("!")
    plain = pattern.removeprefix("!")
    if repository and plain != "*":
        plain, text = normal(plain), normal(text)
    try:
        hit = plain == "*" or matches_text(plain, text, by_segment=repository)
    except ValueError:
        hit = False
    return (None if hit else True) if denies else hit


def _broken_rule(project: Project, item: Manifest) -> str:
    """The rule that forbids an object's kind, or ""."""
    if item.key.namespace:
        allowed, denied = project.namespaced_allowed, project.namespaced_denied
        rules = ("namespaceResourceWhitelist", "namespaceResourceBlacklist")
    else:
        allowed, denied = project.cluster_allowed, project.cluster_denied
        rules = ("clusterResourceWhitelist", "clusterResourceBlacklist")

    def among(patterns: Iterable[KindPattern]) -> bool:
        return any(
            matches(pattern.kind, item.kind)
            and matches(pattern.group, group_of(item.api_version))
            and (not pattern.name or matches(pattern.name, item.key.name))
            for pattern in patterns
        )

    if allowed is not None and not among(allowed):
        return rules[0]
    return rules[1] if among(denied) else ""


def _named(patterns: Iterable[str], text: str) -> bool:
    """Whether one of the globs, or of the expressions between slashes, matches."""
    for pattern in patterns:
        if len(pattern) > 2 and pattern.startswith("/") and pattern.endswith("/"):
            if _expression_matches(pattern[1:-1], text):
                return True
        elif matches_text(pattern, text):
            return True
    return False


def _expression_matches(expression: str, text: str) -> bool:
    """Whether a regular expression of Go's kind, which can't take for ever, matches somewhere."""
    from gitops.source.argo.gotemplate.render import render  # slow to import, and rare

    try:
        return render("{{ mustRegexMatch .p .t }}", {"p": expression, "t": text}) == "true"
    except GoTemplateError:
        return False
