"""A promotion that is asked for is a branch that pins all its stacks, and one pull request, however often it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gitops.delivery.promotion import request as room
from gitops.delivery.promotion.look import Candidate
from gitops.model.errors import ConfigError
from gitops.model.forge import Forge, Kind, PullRequest
from gitops.model.promotion import Unit
from gitops.model.settings import Repository
from tests import given
from tests.git_repository import GitRepository

if TYPE_CHECKING:
    from pathlib import Path

FORGE = Forge(Kind.GITEA, "https://git.example/api/v1", "ada/fleet")


@pytest.fixture
def project(tmp_path: Path) -> GitRepository:
    project = GitRepository(tmp_path / "project")
    for stack in ("eu", "us"):
        text = "config:\n  gitops:repository: file:///nowhere\n  gitops:revision: main # ours\n"
        project.write(f"Pulumi.{stack}.yaml", text)
    project.commit("Start")
    project.git("config", "user.name", "Ada")
    project.git("config", "user.email", "ada@example.org")
    project.git("clone", "--quiet", "--bare", str(project.path), str(tmp_path / "origin.git"))
    project.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    return project


def test_one_branch_pins_all_and_one_request_is_open(
    project: GitRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Any, ...]] = []

    def propose(*words: Any) -> PullRequest:
        asked.append(words)
        return PullRequest(7, words[1], words[2], "https://git.example/pulls/7")

    monkeypatch.setattr(room, "propose", propose)
    plain = Candidate(Unit(given.SHA, "d"), "staging", given.settings(stack="eu"), "", (), (), {})
    candidates = [plain, replace(plain, target=given.settings(stack="us"))]
    for _ in range(2):
        found = room.request(candidates, "prod", project.path, FORGE, "x" * 100_000)
        assert found.number == 7
    branch = "promote/prod-c0ffee000000"
    assert asked[0][:4] == (FORGE, branch, "main", "Promote c0ffee000000 to prod")
    assert len(asked[0][4]) == room.LONGEST_BODY
    project.git("fetch", "--quiet", "origin")
    told = project.git("show", "--format=%s", "--name-only", f"origin/{branch}").split()
    assert told[-2:] == ["Pulumi.eu.yaml", "Pulumi.us.yaml"]
    assert f"revision: {given.SHA} # ours" in project.git("show", f"origin/{branch}:Pulumi.us.yaml")
    assert "revision: main # ours" in (project.path / "Pulumi.us.yaml").read_text()


@pytest.mark.parametrize(
    ("revisions", "said"),
    [
        ([given.SHA, given.SHA], ""),
        (["main"], "name no one commit: main"),
        ([given.SHA, "f" * 40], "name no one commit"),
    ],
)
def test_what_was_merged_is_one_commit_for_all(revisions: list[str], said: str) -> None:
    targets = [
        given.settings(stack=str(place), repository=Repository("file:///nowhere", revision))
        for place, revision in enumerate(revisions)
    ]
    if not said:
        assert room.merged(targets) == given.SHA
        return
    with pytest.raises(ConfigError, match=said):
        room.merged(targets)
