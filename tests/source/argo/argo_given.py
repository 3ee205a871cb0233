"""Values that tests of Argo CD's objects start from: documents, a fleet, and what is read from both."""

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import dedent
from typing import Any

import yaml

from gitops.model.application import Application
from gitops.model.errors import Location, NotFoundError, Problems
from gitops.model.settings import FleetCluster
from gitops.source.argo.application import read_application
from gitops.source.argo.applicationset import generate
from gitops.source.argo.fleet import Fleet
from gitops.source.argo.objects import RawApplication
from gitops.source.commit import Commit
from tests import given

REPOSITORY = "https://git.example.test/team/platform.git"
WHERE = Location("argocd/all.yaml", 7)
PROD = FleetCluster(
    "prod", ("https://10.0.0.1:6443", "production"), (("env", "prod"), ("region", "eu")), (("owner", "ada"),)
)
STAGING = FleetCluster("staging", (), (("env", "staging"),))
FLEET = Fleet("prod", (PROD, STAGING), REPOSITORY, "main")
SPEC = {
    "source": {"repoURL": REPOSITORY, "path": "apps/web"},
    "destination": {"name": "prod", "namespace": "web"},
}


@dataclass(frozen=True)
class Read:
    """What was read, and what was said against it."""

    value: Any
    problems: tuple[str, ...]


def raw(body: Any) -> RawApplication:
    """A document at a known place."""
    return RawApplication(WHERE, body)


def document(text: str) -> Any:
    """A document from indented YAML."""
    return yaml.safe_load(dedent(text))


def application(
    spec: Mapping[str, Any], metadata: Mapping[str, Any] | None = None, fleet: Fleet = FLEET
) -> Read:
    """An Application with this spec laid over a plain one, read for the stack `prod`."""
    problems = Problems()
    body = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "web", **(metadata or {})},
        "spec": {**SPEC, **spec},
    }
    found = read_application(raw(body), fleet, problems)
    return Read(found, tuple(str(problem) for problem in problems))


def plain(
    spec: Mapping[str, Any], metadata: Mapping[str, Any] | None = None, fleet: Fleet = FLEET
) -> Application:
    """The same, of which nothing is wrong."""
    read = application(spec, metadata, fleet)
    assert read.problems == ()
    assert isinstance(read.value, Application)
    return read.value


def nothing_else(url: str, revision: str) -> Commit:
    """For sets that need no other repository."""
    raise NotFoundError(f"there is no {url} at {revision}", next_step="look again")


def application_set(
    spec: Mapping[str, Any],
    files: Mapping[str, str] | None = None,
    fleet: Fleet = FLEET,
    read: Any = nothing_else,
) -> Read:
    """What an ApplicationSet with this spec makes of a commit with these files."""
    problems = Problems()
    body = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {"name": "all"},
        "spec": spec,
    }
    made = generate(raw(body), given.commit(files or {"README.md": ""}), fleet, problems, read)
    return Read([item.body for item in made], tuple(str(problem) for problem in problems))


def template(name: str, **spec: Any) -> dict[str, Any]:
    """A template whose applications differ in their names and what is given."""
    return {"metadata": {"name": name}, "spec": {**SPEC, **spec}}


def names(read: Read) -> list[str]:
    """The names of what a set made without a problem."""
    assert read.problems == ()
    return [body["metadata"]["name"] for body in read.value]
