from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitops.model.errors import AccessError, GitOpsError, NotFoundError
from gitops.model.settings import Repository
from gitops.source.git import cache_folder, fetch
from tests.git_repository import GitRepository

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitops.source.commit import Commit


@pytest.fixture
def repository(tmp_path: Path) -> GitRepository:
    made = GitRepository(tmp_path / "origin")
    made.write("k8s/a.yaml", "a: 1\n").write("folder/é ä.txt", "text").commit("First")
    return made


def fetched(repository: GitRepository, cache: Path, revision: str = "main", token: str = "") -> Commit:
    return fetch(Repository(repository.url, revision, token), cache)


def test_a_commit_holds_files_folders_and_who_made_it(repository: GitRepository, tmp_path: Path) -> None:
    commit = fetched(repository, tmp_path / "cache")
    assert (commit.sha, commit.author, commit.subject) == (repository.head, "Test Author", "First")
    assert commit.time == 1_700_000_000
    assert sorted(commit.entries) == ["folder", "folder/é ä.txt", "k8s", "k8s/a.yaml"]
    assert commit.read("k8s/a.yaml") == b"a: 1\n"
    assert commit.entries["k8s"].id == repository.git("rev-parse", "HEAD:k8s")


@pytest.mark.parametrize("revision", ["main", "light", "annotated", "topic/x"])
def test_a_branch_and_both_sorts_of_tag_name_their_commit(
    repository: GitRepository, tmp_path: Path, revision: str
) -> None:
    repository.git("tag", "light")
    repository.tag("annotated").git("branch", "topic/x")
    assert fetched(repository, tmp_path / "cache", revision).sha == repository.head


def test_the_id_of_a_tag_names_its_commit_also_when_it_is_in_the_cache(
    repository: GitRepository, tmp_path: Path
) -> None:
    tag = repository.tag("annotated").git("rev-parse", "annotated")
    assert tag != repository.head
    assert [fetched(repository, tmp_path / "cache", tag).sha for _ in range(2)] == [repository.head] * 2


def test_an_older_commit_is_fetched_by_its_id(repository: GitRepository, tmp_path: Path) -> None:
    old = repository.head
    repository.write("k8s/a.yaml", "a: 2\n").commit()
    commit = fetched(repository, tmp_path / "cache", old)
    assert (commit.sha, commit.read("k8s/a.yaml")) == (old, b"a: 1\n")


def test_a_branch_that_moves_is_followed_also_back_to_where_it_was(
    repository: GitRepository, tmp_path: Path
) -> None:
    cache, first = tmp_path / "cache", repository.head
    assert fetched(repository, cache).sha == first
    second = repository.write("new.yaml", "b: 1\n").commit()
    assert fetched(repository, cache).sha == second
    repository.git("reset", "--quiet", "--hard", first)
    assert fetched(repository, cache).sha == first


def test_a_commit_in_the_cache_needs_no_repository(repository: GitRepository, tmp_path: Path) -> None:
    sha = fetched(repository, tmp_path / "cache").sha
    url = repository.url
    repository.path.rename(tmp_path / "gone")
    assert fetch(Repository(url, sha), tmp_path / "cache").read("k8s/a.yaml") == b"a: 1\n"


def test_a_working_tree_that_was_never_committed_is_not_read(
    repository: GitRepository, tmp_path: Path
) -> None:
    repository.write("k8s/a.yaml", "a: dirty\n").write("k8s/untracked.yaml", "x: 1\n")
    commit = fetched(repository, tmp_path / "cache")
    assert commit.read("k8s/a.yaml") == b"a: 1\n"
    assert "k8s/untracked.yaml" not in commit.entries


@pytest.mark.parametrize("revision", ["no-such-branch", "d" * 40])
def test_a_revision_that_does_not_exist_is_not_found(
    repository: GitRepository, tmp_path: Path, revision: str
) -> None:
    with pytest.raises(NotFoundError, match=f"has no revision '{revision}'") as caught:
        fetched(repository, tmp_path / "cache", revision)
    assert caught.value.problems[0].next_step


def test_a_file_s_id_is_no_revision(repository: GitRepository, tmp_path: Path) -> None:
    blob = repository.git("rev-parse", "HEAD:k8s/a.yaml")
    with pytest.raises(GitOpsError):
        fetched(repository, tmp_path / "cache", blob)


def test_a_repository_that_is_not_there_is_no_access_and_says_what_to_try(tmp_path: Path) -> None:
    url = (tmp_path / "nowhere").as_uri()
    with pytest.raises(AccessError, match="can't be read") as caught:
        fetch(Repository(url, "main"), tmp_path / "cache")
    assert url in str(caught.value)
    assert "git ls-remote" in caught.value.problems[0].next_step


def test_an_empty_repository_has_no_revision(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        fetched(GitRepository(tmp_path / "empty"), tmp_path / "cache")


def test_a_token_is_never_told(tmp_path: Path) -> None:
    token = "hush-hush-token"
    repository = Repository("https://127.0.0.1:1/a.git", "main", token)
    with pytest.raises(AccessError) as caught:
        fetch(repository, tmp_path / "cache")
    told = f"{caught.value}{caught.value.__cause__}{repository}"
    assert token not in told
    assert "Basic" not in told


@pytest.mark.parametrize("left", [[], ["HEAD"], ["HEAD", "objects"], ["config"]])
def test_a_half_made_cache_is_made_again(repository: GitRepository, tmp_path: Path, left: list[str]) -> None:
    cache = tmp_path / "cache"
    fetched(repository, cache)
    folder = cached(cache)
    for name in ("HEAD", "objects", "config", "refs"):
        if name not in left:
            target = folder / name
            target.rename(tmp_path / f"lost-{name}")
    assert fetched(repository, cache).read("k8s/a.yaml") == b"a: 1\n"


def cached(cache: Path) -> Path:
    """The one cached repository."""
    [folder] = (p for p in (cache / "repositories").iterdir() if p.is_dir() and not p.suffix)
    return folder


def truncate(folder: Path) -> None:
    for file in folder.glob("objects/**/*"):
        if file.is_file():
            file.chmod(0o644)
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def empty_objects(folder: Path) -> None:
    for file in folder.glob("objects/**/*"):
        if file.is_file():
            file.chmod(0o644)
            file.write_bytes(b"")


def pack(folder: Path) -> None:
    subprocess.run(["git", "-C", str(folder), "repack", "-a", "-d", "-q"], check=True)
    assert list(folder.glob("objects/pack/*.pack"))


def truncate_pack(folder: Path) -> None:
    pack(folder)
    truncate(folder)


def delete_pack(folder: Path) -> None:
    pack(folder)
    for file in folder.glob("objects/pack/*.pack"):
        file.unlink()


def delete_head(folder: Path) -> None:
    (folder / "HEAD").unlink()


def break_head(folder: Path) -> None:
    (folder / "HEAD").write_bytes(b"\0\0\0")


def break_configuration(folder: Path) -> None:
    (folder / "config").write_text("[core\n")


def break_references(folder: Path) -> None:
    for file in folder.glob("refs/**/*"):
        if file.is_file():
            file.write_text("nonsense\n")


def empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


DAMAGES = [
    truncate, empty_objects, truncate_pack, delete_pack, delete_head, break_head, break_configuration,
    break_references, empty,
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("revision", ["main", "its id"])
def test_a_damaged_cache_heals_itself(
    repository: GitRepository, tmp_path: Path, damage: Callable[[Path], None], revision: str
) -> None:
    cache, wanted = tmp_path / "cache", "main" if revision == "main" else repository.head
    fetched(repository, cache, wanted)
    damage(cached(cache))
    commit = fetched(repository, cache, wanted)
    assert (commit.sha, commit.read("k8s/a.yaml")) == (repository.head, b"a: 1\n")
    again = fetched(repository, cache, wanted)
    assert again.read("folder/é ä.txt") == b"text"


def test_an_object_that_breaks_after_the_commit_was_listed_is_fetched_again(
    repository: GitRepository, tmp_path: Path
) -> None:
    commit = fetched(repository, tmp_path / "cache")
    empty_objects(cached(tmp_path / "cache"))
    assert commit.read("k8s/a.yaml") == b"a: 1\n"
    assert commit.read("folder/é ä.txt") == b"text"


def test_a_damaged_cache_whose_repository_is_gone_is_told_and_never_read_as_content(
    repository: GitRepository, tmp_path: Path
) -> None:
    commit = fetched(repository, tmp_path / "cache")
    empty_objects(cached(tmp_path / "cache"))
    repository.path.rename(tmp_path / "gone")
    with pytest.raises(AccessError) as caught:
        commit.read("k8s/a.yaml")
    assert repository.url in str(caught.value)


def test_a_failed_fetch_leaves_a_sound_cache_where_it_is(repository: GitRepository, tmp_path: Path) -> None:
    sha, url = fetched(repository, tmp_path / "cache").sha, repository.url
    repository.path.rename(tmp_path / "gone")
    with pytest.raises(AccessError):
        fetch(Repository(url, "main"), tmp_path / "cache")
    assert fetch(Repository(url, sha), tmp_path / "cache").read("k8s/a.yaml") == b"a: 1\n"
    assert [p.name for p in (tmp_path / "cache" / "repositories").iterdir() if "damaged" in p.name] == []


def test_threads_share_a_cache(repository: GitRepository, tmp_path: Path) -> None:
    repository.git("branch", "other")
    with ThreadPoolExecutor(8) as pool:
        revisions = ["main", "other"] * 8
        commits = list(pool.map(lambda name: fetched(repository, tmp_path / "cache", name), revisions))
    assert {commit.sha for commit in commits} == {repository.head}


def test_processes_share_a_cache(repository: GitRepository, tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from gitops.source.git import fetch;"
        "from gitops.model.settings import Repository;"
        "print(fetch(Repository(sys.argv[1], 'main'), pathlib.Path(sys.argv[2])).read('k8s/a.yaml'))"
    )
    command = [sys.executable, "-c", program, repository.url, str(tmp_path / "cache")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
    outcomes = [process.communicate(timeout=60) for process in running]
    assert outcomes == [(b"b'a: 1\\n'\n", b"")] * 4


def test_files_read_at_the_same_time_do_not_mix(tmp_path: Path) -> None:
    repository = GitRepository(tmp_path / "origin")
    for number in range(60):
        repository.write(f"f{number}", f"{number} " * (number * 50 + 1))
    repository.commit()
    commit = fetched(repository, tmp_path / "cache")
    names = [f"f{number}" for number in range(60)] * 4
    with ThreadPoolExecutor(8) as pool:
        contents = list(pool.map(commit.read, names))
    assert all(content.split()[0].decode() == name[1:] for content, name in zip(contents, names, strict=True))


def test_the_settings_of_whoever_runs_it_change_nothing(
    repository: GitRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = tmp_path / "gitconfig"
    hostile.write_text("[color]\n  ui = always\n[log]\n  showSignature = true\n[core]\n  quotePath = true\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(hostile))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    commit = fetched(repository, tmp_path / "cache")
    assert commit.subject == "First"
    assert "folder/é ä.txt" in commit.entries


def test_the_cache_lies_where_the_environment_says() -> None:
    assert cache_folder({"XDG_CACHE_HOME": "/x"}) == Path("/x/pulumi-gitops")
    assert cache_folder({}).parent == Path.home() / ".cache"
