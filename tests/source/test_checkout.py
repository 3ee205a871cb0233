"""What the working tree that a project is in tells of its commits."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from gitops.model.errors import ConfigError
from gitops.source.checkout import (
    comes_after,
    commit_of,
    files_at,
    is_branch,
    merge_base,
    parents,
    remote,
)
from gitops.source.url import server_and_path
from tests.git_repository import GitRepository

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> GitRepository:
    repository = GitRepository(tmp_path / "home")
    repository.write("infra/Pulumi.prod.yaml", "a: 1\n").write("infra/deep/Pulumi.x.yaml", "").commit("One")
    repository.branch("change").write("infra/Pulumi.prod.yaml", "a: 2\n").commit("Two")
    return repository


def test_a_merge_has_two_parents_and_comes_after_both(repository: GitRepository) -> None:
    change, start = repository.head, repository.git("rev-parse", "main")
    repository.branch("main").git("merge", "--no-ff", "--quiet", "-m", "Merge", "change")
    assert parents(repository.path, repository.head) == (start, change)
    assert comes_after(repository.path, repository.head, change)
    assert not comes_after(repository.path, change, repository.head)
    assert not comes_after(repository.path, change, change)
    assert merge_base(repository.path, change, "main") == change


def test_files_are_read_as_they_were_and_from_the_folder_alone(repository: GitRepository) -> None:
    folder = repository.path / "infra"
    assert files_at(folder, "main", "Pulumi.*.yaml") == {"Pulumi.prod.yaml": b"a: 1\n"}
    assert files_at(folder, "change", "Pulumi.*.yaml") == {"Pulumi.prod.yaml": b"a: 2\n"}
    assert files_at(repository.path, "change", "Pulumi.*.yaml") == {}


def test_a_branch_that_was_only_fetched_counts(repository: GitRepository, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", repository.url, str(clone)], check=True)
    assert commit_of(clone, "main") == repository.git("rev-parse", "main")
    assert commit_of(clone, "change") == repository.head
    assert (is_branch(clone, "main"), is_branch(clone, "nowhere"), is_branch(clone, "")) == (
        True,
        False,
        False,
    )
    assert not is_branch(clone, repository.head)


def test_a_clone_without_history_knows_less_and_says_so(repository: GitRepository, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--depth=1", repository.url, str(clone)], check=True)
    assert parents(clone, repository.head) == ()
    assert commit_of(clone, "main") == ""


def test_a_folder_outside_of_git_has_nothing(tmp_path: Path) -> None:
    assert commit_of(tmp_path, "HEAD") == ""
    assert remote(tmp_path) == ""
    assert parents(tmp_path, "HEAD") == ()
    assert files_at(tmp_path, "HEAD", "*") == {}
    with pytest.raises(ConfigError):
        commit_of(tmp_path, "--output=x")


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://git:s3cret@github.com/you/homelab.git", "https://github.com/you/homelab.git"),
        ("https://github.com/you/home@lab.git", "https://github.com/you/home@lab.git"),
        ("git@github.com:you/homelab.git", "git@github.com:you/homelab.git"),
    ],
)
def test_a_remote_is_told_without_its_credential(repository: GitRepository, address: str, told: str) -> None:
    repository.git("remote", "add", "origin", address)
    assert remote(repository.path) == told
    assert server_and_path(told) == ("github.com", told.rpartition("github.com")[2][1:].removesuffix(".git"))
