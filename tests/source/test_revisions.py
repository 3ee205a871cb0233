"""Branches, tags and commits as they are moved, deleted and named in practice, and trees as they really are."""

import subprocess
import threading
import time

import pytest

from gitops.model.errors import NotFoundError
from gitops.model.settings import Repository
from gitops.source.commit import SUBMODULE
from gitops.source.git import fetch
from tests.git_repository import GitRepository

POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4' * 64}\nsize 12345\n"


@pytest.fixture
def repository(tmp_path):
    made = GitRepository(tmp_path / "origin")
    made.write("k8s/a.yaml", "a: 1\n").commit("First")
    return made


@pytest.fixture
def at(repository, tmp_path):
    """What a revision names at this moment, by way of one cache."""
    return lambda revision: fetch(Repository(repository.url, revision), tmp_path / "cache").sha


def test_a_branch_whose_history_was_replaced_is_followed(repository, at):
    assert at("main") == repository.head
    repository.git("checkout", "--quiet", "--orphan", "other")
    repository.write("k8s/a.yaml", "a: 2\n").commit("Another beginning")
    repository.git("branch", "--force", "main", "other")
    assert at("main") == repository.head


def test_a_deleted_branch_is_not_read_from_the_cache(repository, at):
    repository.git("branch", "topic")
    at("topic")
    repository.git("branch", "--delete", "--force", "topic")
    with pytest.raises(NotFoundError, match="has no revision 'topic'"):
        at("topic")


@pytest.mark.parametrize("annotated", [[], ["--annotate", "--message=v1"]], ids=["light", "annotated"])
def test_a_tag_that_was_moved_is_followed(repository, at, annotated):
    repository.git("tag", *annotated, "v1")
    assert at("v1") == repository.head
    repository.write("k8s/b.yaml", "b: 1\n").commit()
    repository.git("tag", "--force", *annotated, "v1")
    assert at("v1") == repository.head


def test_a_tag_wins_over_a_branch_of_its_name_unless_the_branch_is_spelled_out(repository, at):
    tagged = repository.tag("stable").head
    repository.git("branch", "stable")
    repository.git("checkout", "--quiet", "refs/heads/stable", "-B", "work")
    newer = repository.write("k8s/b.yaml", "b: 1\n").commit()
    repository.git("update-ref", "refs/heads/stable", newer)
    assert at("stable") == tagged
    assert at("refs/heads/stable") == newer


def test_a_short_commit_id_is_refused_and_the_next_step_asks_for_the_whole(repository, at):
    with pytest.raises(NotFoundError, match="all 40 characters"):
        at(repository.head[:10])


def test_a_submodule_is_seen_and_never_fetched(repository, tmp_path):
    elsewhere = GitRepository(tmp_path / "elsewhere")
    inner = elsewhere.write("x.yaml", "x: 1\n").commit()
    repository.write(".gitmodules", f'[submodule "m"]\n  path = m\n  url = {elsewhere.url}\n')
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{inner},m")
    repository.git("add", ".gitmodules")
    repository.git("commit", "--quiet", "--message=Submodule")
    commit = fetch(Repository(repository.url, "main"), tmp_path / "cache")
    assert (commit.entries["m"].mode, commit.entries["m"].id) == (SUBMODULE, inner)
    [folder] = (path for path in (tmp_path / "cache/repositories").iterdir() if path.is_dir())
    missing = subprocess.run(["git", "--git-dir", folder, "cat-file", "-e", inner], check=False)
    assert missing.returncode != 0


def test_a_pointer_to_large_file_storage_stays_a_pointer(repository, tmp_path):
    repository.write(".gitattributes", "*.bin filter=lfs\n").write("k8s/big.bin", POINTER).commit()
    commit = fetch(Repository(repository.url, "main"), tmp_path / "cache")
    assert commit.read("k8s/big.bin").decode() == POINTER


def test_a_tree_of_fifty_thousand_files_is_read_in_seconds(tmp_path):
    repository = GitRepository(tmp_path / "origin")
    lines = ["commit refs/heads/main", "committer A <a@example.test> 1700000000 +0000", "data 1", "x"]
    for number in range(50_000):
        lines += [f"M 100644 inline d{number % 250}/f{number}", "data 1", str(number % 10)]
    subprocess.run(
        ["git", "-C", repository.path, "fast-import", "--quiet"],
        input="\n".join([*lines, ""]).encode(),
        check=True,
    )
    began = time.monotonic()
    commit = fetch(Repository(repository.url, "main"), tmp_path / "cache")
    assert time.monotonic() - began < 15
    assert len(commit.entries) == 50_250
    assert commit.read("d249/f49999") == b"9"


def test_a_branch_that_moves_while_many_fetch_it_gives_everybody_a_whole_commit(repository, tmp_path):
    seen, done = [], threading.Event()

    def follow():
        while not done.is_set():
            commit = fetch(Repository(repository.url, "main"), tmp_path / "cache")
            seen.append((commit.sha, commit.read("k8s/a.yaml")))

    threads = [threading.Thread(target=follow) for _ in range(3)]
    for thread in threads:
        thread.start()
    made = {repository.head: b"a: 1\n"}
    for number in range(2, 8):
        made[repository.write("k8s/a.yaml", f"a: {number}\n").commit()] = f"a: {number}\n".encode()
    done.set()
    for thread in threads:
        thread.join()
    assert len(seen) >= 3
    assert all(made[sha] == content for sha, content in seen)
