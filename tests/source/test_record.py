"""One file of the project is committed, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitops.model.errors import GitOpsError
from gitops.source.record import commit_changed
from tests.git_repository import GitRepository

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> GitRepository:
    project = GitRepository(tmp_path / "project")
    project.write("Pulumi.prod.yaml", "a: 1\n").write("other", "1\n").commit("Start")
    project.git("config", "user.name", "Ada")
    project.git("config", "user.email", "ada@example.org")
    return project


def test_one_file_is_committed_and_what_else_was_changed_or_staged_is_not(project: GitRepository) -> None:
    project.write("Pulumi.prod.yaml", "a: 2\n").write("other", "2\n").write("new", "x")
    project.git("add", "new")
    commit = commit_changed(project.path, ["Pulumi.prod.yaml"], "Pin")
    assert commit == project.head
    assert project.git("show", "--format=%s", "--name-only", "HEAD").split() == ["Pin", "Pulumi.prod.yaml"]
    assert project.git("status", "--porcelain").split() == ["A", "new", "M", "other"]


def test_nothing_is_committed_when_nothing_changed(project: GitRepository) -> None:
    before = project.head
    assert commit_changed(project.path, ["Pulumi.prod.yaml"], "Pin") == ""
    assert project.head == before


def test_a_file_that_git_does_not_track_or_a_folder_without_git_is_left_alone(
    project: GitRepository, tmp_path: Path
) -> None:
    project.write("Pulumi.new.yaml", "a: 1\n")
    (tmp_path / "plain").mkdir()
    assert commit_changed(project.path, ["Pulumi.new.yaml"], "Pin") == ""
    assert commit_changed(tmp_path / "plain", ["Pulumi.prod.yaml"], "Pin") == ""


def test_what_git_says_against_a_commit_is_told(project: GitRepository) -> None:
    hook = project.path / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho not on a Friday >&2\nexit 1\n")
    hook.chmod(0o755)
    project.write("Pulumi.prod.yaml", "a: 2\n")
    with pytest.raises(GitOpsError, match="not on a Friday"):
        commit_changed(project.path, ["Pulumi.prod.yaml"], "Pin")
