"""Which change a pipeline runs for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitops.delivery.ci.situation import Situation, situation, told_by
from gitops.model.errors import ConfigError
from tests.git_repository import GitRepository

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> GitRepository:
    """A change on a branch, and a merge of it that a pipeline tries out."""
    repository = GitRepository(tmp_path / "home").write("a", "1").commit("Start") and GitRepository(
        tmp_path / "home"
    )
    repository.branch("change").write("a", "2").commit("Change")
    repository.branch("main").write("b", "1").commit("Meanwhile")
    repository.branch("tried").git("merge", "--no-ff", "--quiet", "-m", "Try", "change")
    return repository


def test_gitlab_tells_its_merge_request(repository: GitRepository) -> None:
    change, start = (repository.git("rev-parse", name) for name in ("change", "change~1"))
    environment = {
        "GITLAB_CI": "true",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": start,
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_COMMIT_SHA": change,
        "CI_JOB_URL": "https://git.example/jobs/1",
    }
    found = situation(repository.path, environment)
    assert found == Situation(start, change, "main", change, 7, "https://git.example/jobs/1")
    tried = {**environment, "CI_COMMIT_SHA": repository.head, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": change}
    found = situation(repository.path, tried)
    assert (found.base, found.head, found.marked) == (
        repository.git("rev-parse", "main"),
        repository.head,
        change,
    )


def test_a_push_is_no_change_to_compare_but_has_a_commit_and_a_branch(repository: GitRepository) -> None:
    for environment in (
        {"GITHUB_SHA": repository.head, "GITHUB_REF_NAME": "main"},
        {
            "GITLAB_CI": "1",
            "CI_COMMIT_SHA": repository.head,
            "CI_COMMIT_BRANCH": "main",
            "CI_MERGE_REQUEST_IID": "x",
        },
    ):
        told = told_by(environment)
        assert (told.head, told.branch, told.pull_request) == (repository.head, "main", 0)
        with pytest.raises(ConfigError, match="nothing says what is compared with what"):
            situation(repository.path, environment)


def test_what_is_told_wins(repository: GitRepository) -> None:
    environment = {"GITHUB_SHA": repository.head, "GITHUB_REF_NAME": "other"}
    found = situation(repository.path, environment, "main", "change", 3)
    assert found.base == repository.git("merge-base", "main", "change")
    assert (found.head, found.branch, found.pull_request) == (
        repository.git("rev-parse", "change"),
        "main",
        3,
    )
    assert found.marked == found.head


def test_without_a_clone_the_words_are_taken_as_they_are(tmp_path: Path) -> None:
    found = situation(tmp_path, {}, "v1.0", "v1.1")
    assert (found.base, found.head, found.branch) == ("v1.0", "v1.1", "")
