"""A change that is proposed is on a branch of the project's origin, and nowhere in the working tree."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from gitops.model.errors import AccessError, ConfigError, GitOpsError
from gitops.source.proposal import current_branch, pushed
from tests.git_repository import GitRepository

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> GitRepository:
    """A clone, whose project lies in a folder of it."""
    work = GitRepository(tmp_path / "work")
    work.write("deploy/Pulumi.prod.yaml", "a: 1\n").commit("Start")
    work.git("config", "user.name", "Ada")
    work.git("config", "user.email", "ada@example.org")
    work.git("clone", "--quiet", "--bare", str(work.path), str(tmp_path / "origin.git"))
    work.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    return work


def change(folder: Path) -> None:
    (folder / "Pulumi.prod.yaml").write_text("a: 2\n")


def test_the_branch_has_the_change_and_the_working_tree_stays_as_it_is(
    project: GitRepository, tmp_path: Path
) -> None:
    project.write("deploy/Pulumi.prod.yaml", "a: edited\n")
    before = project.head
    assert pushed(project.path / "deploy", "promote/x", "Promote x", change)
    origin = GitRepository.__new__(GitRepository)
    origin.path, origin._commits = tmp_path / "origin.git", 0
    assert origin.git("show", "promote/x:deploy/Pulumi.prod.yaml").strip() == "a: 2"
    assert origin.git("log", "-1", "--format=%s %P", "promote/x") == f"Promote x {before}"
    assert (project.path / "deploy/Pulumi.prod.yaml").read_text() == "a: edited\n"
    assert (project.head, len(project.git("worktree", "list").splitlines())) == (before, 1)


def test_a_branch_that_is_there_is_left_as_it_is(project: GitRepository) -> None:
    folder = project.path / "deploy"
    assert pushed(folder, "promote/x", "Promote x", change)
    assert not pushed(folder, "promote/x", "Promote x", change)


def test_what_git_refuses_is_told_and_nothing_is_left_behind(project: GitRepository, tmp_path: Path) -> None:
    with pytest.raises(GitOpsError, match="git commit in deploy failed"):
        pushed(project.path / "deploy", "promote/x", "Promote x", lambda _: None)
    assert len(project.git("worktree", "list").splitlines()) == 1
    project.git("remote", "set-url", "origin", str(tmp_path / "nowhere.git"))
    with pytest.raises(AccessError, match="git ls-remote"):
        pushed(project.path / "deploy", "promote/y", "Promote y", change)


def test_a_branch_is_needed(project: GitRepository, tmp_path: Path) -> None:
    assert current_branch(project.path / "deploy") == "main"
    subprocess.run(["git", "checkout", "--quiet", "--detach"], cwd=project.path, check=True)
    with pytest.raises(ConfigError, match="symbolic-ref"):
        current_branch(project.path)
    (tmp_path / "plain").mkdir()
    with pytest.raises(ConfigError):
        current_branch(tmp_path / "plain")
