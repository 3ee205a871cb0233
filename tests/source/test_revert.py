from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitops.model.errors import AccessError, ConflictError, GitOpsError
from gitops.model.settings import Repository
from gitops.source.git import cached, fetch
from gitops.source.revert import reverted
from gitops.source.transport import is_branch, push
from tests.git_repository import GitRepository

if TYPE_CHECKING:
    from pathlib import Path


class Origin:
    """A bare repository, the clone that people work in, and our cache of it."""

    def __init__(self, folder: Path) -> None:
        self.work = GitRepository(folder / "work")
        self.work.write("k8s/web/a.yaml", "a: 1\n").write("k8s/web/deep/old.yaml", "old: 1\n")
        self.work.write("k8s/web-2/a.yaml", "a: 1\n")
        self.first = self.work.commit("First")
        self.work.write("k8s/web/a.yaml", "a: 2\n").write("k8s/web/new \u00fc\ttab.yaml", "new: 1\n")
        self.work.remove("k8s/web/deep").write("k8s/web-2/a.yaml", "a: 2\n")
        self.second = self.work.commit("Second")
        bare = folder / "origin.git"
        self.work.git("clone", "--quiet", "--bare", str(self.work.path), str(bare))
        self.work.git("remote", "add", "origin", str(bare))
        self.bare = GitRepository.__new__(GitRepository)
        self.bare.path, self.bare._commits = bare, 0
        self.bare.git("config", "uploadpack.allowAnySHA1InWant", "true")
        self.cache = folder / "cache"
        self.repository = Repository(bare.as_uri(), "main")
        for revision in (self.first, "main"):
            fetch(Repository(self.repository.url, revision), self.cache)
        self.folder = cached(self.repository, self.cache)

    def files(self, commit: str) -> dict[str, str]:
        names = self.bare.git("ls-tree", "-r", "-z", "--name-only", commit).split("\0")
        return {name: self.bare.git("show", f"{commit}:{name}") for name in names if name}


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    return Origin(tmp_path)


def test_a_folder_becomes_what_it_was_and_nothing_else_changes(origin: Origin) -> None:
    commit = reverted(origin.folder, origin.second, origin.first, {"k8s/web"}, "Back\n")
    push(origin.repository, origin.folder, commit, "main")

    assert origin.files("main") == {
        "k8s/web/a.yaml": "a: 1",
        "k8s/web/deep/old.yaml": "old: 1",
        "k8s/web-2/a.yaml": "a: 2",
    }
    assert origin.bare.git("log", "--format=%s %p", "-1", "main") == f"Back {origin.second[:7]}"


def test_everything_becomes_what_it_was(origin: Origin) -> None:
    commit = reverted(origin.folder, origin.second, origin.first, {""}, "Back\n")
    push(origin.repository, origin.folder, commit, "main")
    assert origin.files("main") == origin.files(origin.first)


def test_what_did_not_exist_then_goes(origin: Origin) -> None:
    commit = reverted(origin.folder, origin.first, origin.second, {"k8s/web/deep"}, "Gone\n")
    push(origin.repository, origin.folder, commit, "side")
    assert "k8s/web/deep/old.yaml" not in origin.files("side")


def test_without_a_difference_there_is_no_commit(origin: Origin) -> None:
    assert reverted(origin.folder, origin.second, origin.second, {"k8s/web"}, "x") == origin.second


def test_a_commit_that_is_not_there_is_an_error(origin: Origin) -> None:
    with pytest.raises(GitOpsError, match="can't make the commit"):
        reverted(origin.folder, origin.second, "f" * 40, {"k8s/web"}, "x")


def test_what_others_pushed_in_the_meantime_stays(origin: Origin) -> None:
    commit = reverted(origin.folder, origin.second, origin.first, {"k8s/web"}, "Back\n")
    third = origin.work.write("k8s/web/a.yaml", "a: 3\n").commit("Third")
    origin.work.git("push", "--quiet", "origin", "HEAD:main")

    with pytest.raises(ConflictError, match="somebody else has pushed to branch 'main'"):
        push(origin.repository, origin.folder, commit, "main")

    assert origin.bare.git("rev-parse", "main") == third


def test_a_repository_that_takes_no_push_says_so(origin: Origin) -> None:
    hook = origin.bare.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho protected branch >&2\nexit 1\n")
    hook.chmod(0o755)
    commit = reverted(origin.folder, origin.second, origin.first, {"k8s/web"}, "Back\n")
    with pytest.raises(AccessError, match="can't be written") as caught:
        push(origin.repository, origin.folder, commit, "main")
    assert "--branch" in caught.value.problems[0].next_step


def test_branches_are_told_from_tags_and_commits(origin: Origin) -> None:
    origin.bare.git("tag", "v1", "main")
    told = [is_branch(origin.repository, origin.folder, name) for name in ("main", "v1", "nothing")]
    assert told == [True, False, False]
    with pytest.raises(AccessError):
        is_branch(Repository((origin.cache / "nowhere").as_uri(), "main"), origin.folder, "main")
