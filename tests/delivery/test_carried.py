"""Some applications of one commit in another one: they are what they are there, and nothing else changes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gitops.delivery.carried import carried
from gitops.delivery.promotion import look
from gitops.model.errors import NotFoundError, RefusedError
from gitops.model.settings import Repository
from tests import given
from tests.git_repository import GitRepository

if TYPE_CHECKING:
    from pathlib import Path

    from gitops.model.manifest import Manifest
    from gitops.model.settings import Settings


def config_map(value: str) -> str:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"v": value}}
    return json.dumps(body)


@pytest.fixture
def origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GitRepository:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    origin = GitRepository(tmp_path / "origin")
    for name in ("api", "db", "web"):
        origin.write(f"k8s/02-apps/{name}/x.yaml", config_map("1"))
    origin.commit("First")
    for name in ("api", "db", "web"):
        origin.write(f"k8s/02-apps/{name}/x.yaml", config_map("2"))
    origin.write("k8s/02-apps/new/x.yaml", config_map("2")).commit("Second")
    return origin


@pytest.fixture
def old(origin: GitRepository) -> Settings:
    return given.settings(repository=Repository(origin.url, origin.git("rev-parse", "HEAD~")))


def values(manifests: tuple[Manifest, ...]) -> dict[str, str]:
    return {item.application: item.body["data"]["v"] for item in manifests if item.kind == "ConfigMap"}


def test_named_applications_are_taken_over_and_no_others(origin: GitRepository, old: Settings) -> None:
    found = carried(old, ["web", "api"], "main", "Take web and api of")
    assert (found.tip, found.source) == (old.repository.revision, origin.head)
    assert values(found.before) == {"api": "1", "db": "1", "web": "1"}
    assert values(found.after) == {"api": "2", "db": "1", "web": "2"}


def test_a_new_application_is_taken_over_too(old: Settings) -> None:
    assert values(carried(old, ["new"], "main", "Take new of").after)["new"] == "2"


def test_the_same_of_the_same_is_the_same_commit_where_that_is_asked_for(
    old: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = carried(old, ["web"], "main", "Take web of", reproducible=True).commit
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Ada")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "ada@example.org")
    assert carried(old, ["web"], "main", "Take web of", reproducible=True).commit == first
    assert carried(old, ["web"], "main", "Take web of").commit != first


def test_what_nobody_states_is_not_found(old: Settings) -> None:
    with pytest.raises(NotFoundError, match="has no application shop"):
        carried(old, ["web", "shop"], "main", "Take of")


def test_a_promotion_of_one_application_starts_from_what_the_stacks_run(
    origin: GitRepository, old: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = old.repository.revision
    runs = {"a": first, "b": first, "c": origin.head, "d": ""}
    monkeypatch.setattr(look, "running_revision", lambda stack, _: runs[stack])
    stacks = {name: given.settings(stack=name, repository=Repository(origin.url, "main")) for name in runs}

    made = look._alone([stacks["a"], stacks["b"]], origin.head, ["web"], tmp_path)
    assert made not in {first, origin.head}
    with pytest.raises(RefusedError, match="a, c don't run the same revision"):
        look._alone([stacks["a"], stacks["c"]], origin.head, ["web"], tmp_path)
    with pytest.raises(RefusedError, match="d was never deployed, and can't get web alone"):
        look._alone([stacks["d"]], origin.head, ["web"], tmp_path)
    assert look._alone([stacks["d"]], "any", [], tmp_path) == "any"
