"""The demo repository: the same everywhere, made once, and never at the cost of somebody's commits."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gitops.model.errors import AccessError, NotFoundError
from sandbox.crds import MODULES
from sandbox.repository import create_repository
from tests.git_repository import GitRepository

DEFINITIONS = "k8s/01-infrastructure/00-crds"


@pytest.fixture
def modules(tmp_path: Path) -> dict[str, Path]:
    """Folders that look like the modules do, with one small file each."""
    files = (
        "kubernetes/customresourcedefinitions.gen.yaml",
        "manifests/crds/rollout-crd.yaml",
        "helm/sealed-secrets/crds/bitnami.com_sealedsecrets.yaml",
    )
    folders = {module: tmp_path / "modules" / str(i) for i, module in enumerate(MODULES)}
    for folder, file in zip(folders.values(), files, strict=True):
        (folder / file).parent.mkdir(parents=True)
        (folder / file).write_text(f"kind: CustomResourceDefinition\nmetadata:\n  name: {folder.name}\n")
    return folders


@pytest.fixture
def example(tmp_path: Path) -> Path:
    folder = tmp_path / "example" / "k8s" / "02-apps" / "web"
    folder.mkdir(parents=True)
    (folder / "web.yaml").write_text("kind: ConfigMap\n")
    return tmp_path / "example"


def git(repository: Path, *arguments: str) -> str:
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def clone(repository: Path, path: Path) -> GitRepository:
    work = GitRepository(path)
    work.git("pull", "--quiet", str(repository), "main")
    return work


def state(repository: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in repository.rglob("*") if file.is_file()}


def test_equal_content_gives_the_same_commit_everywhere(tmp_path: Path, modules: dict[str, Path]) -> None:
    first = create_repository(tmp_path / "a.git", modules=modules)
    assert create_repository(tmp_path / "deep" / "b.git", modules=modules) == first


def test_definitions_come_from_the_modules(tmp_path: Path, modules: dict[str, Path]) -> None:
    commit = create_repository(tmp_path / "a.git", modules=modules)
    files = git(tmp_path / "a.git", "ls-tree", "--name-only", f"{commit}:{DEFINITIONS}").splitlines()
    assert files == [
        "argo-rollouts.rollout-crd.yaml",
        "gitops.yaml",
        "istio.customresourcedefinitions.gen.yaml",
        "sealed-secrets.bitnami.com_sealedsecrets.yaml",
    ]


def test_a_second_run_writes_nothing(tmp_path: Path, modules: dict[str, Path], example: Path) -> None:
    repository = tmp_path / "a.git"
    first = create_repository(repository, modules=modules, example=example)
    before = state(repository)
    assert create_repository(repository, modules=modules, example=example) == first
    assert state(repository) == before


def test_a_changed_example_is_a_new_commit_on_top(
    tmp_path: Path, modules: dict[str, Path], example: Path
) -> None:
    repository = tmp_path / "a.git"
    first = create_repository(repository, modules=modules, example=example)
    (example / "k8s" / "02-apps" / "web" / "web.yaml").write_text("kind: Secret\n")
    second = create_repository(repository, modules=modules, example=example)
    assert second == git(repository, "rev-parse", "main") != first
    assert git(repository, "rev-parse", "main^") == first


def test_commits_of_other_people_stay_and_the_new_version_waits_beside_them(
    tmp_path: Path, modules: dict[str, Path], example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repository = tmp_path / "a.git"
    create_repository(repository, modules=modules, example=example)
    work = clone(repository, tmp_path / "work")
    theirs = work.write("mine.txt", "mine").commit("Try something")
    work.git("push", "--quiet", str(repository), "HEAD:main")
    assert create_repository(repository, modules=modules, example=example) == theirs
    assert capsys.readouterr().out == ""
    (example / "new.txt").write_text("new")
    assert create_repository(repository, modules=modules, example=example) == theirs
    assert "git merge example" in capsys.readouterr().out
    assert "new.txt" in git(repository, "ls-tree", "--name-only", "example").splitlines()
    assert git(repository, "rev-parse", "main") == theirs


def test_after_a_revert_by_somebody_both_branches_go_on_together(
    tmp_path: Path, modules: dict[str, Path], example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repository = tmp_path / "a.git"
    create_repository(repository, modules=modules, example=example)
    create_repository(repository, modules=modules, example=example, more={"bad.txt": "bad"})
    work = clone(repository, tmp_path / "work")
    work.git("revert", "--no-edit", "HEAD")
    work.git("push", "--quiet", str(repository), "HEAD:main")
    assert create_repository(repository, modules=modules, example=example) == work.head
    assert git(repository, "rev-parse", "example") == work.head
    (example / "new.txt").write_text("new")
    create_repository(repository, modules=modules, example=example)
    assert git(repository, "rev-parse", "main^") == work.head
    assert capsys.readouterr().out == ""


def test_going_on_after_the_new_version_was_merged_keeps_both(
    tmp_path: Path, modules: dict[str, Path], example: Path
) -> None:
    repository = tmp_path / "a.git"
    create_repository(repository, modules=modules, example=example)
    work = clone(repository, tmp_path / "work")
    work.write("mine.txt", "mine").commit()
    work.git("push", "--quiet", str(repository), "HEAD:main")
    (example / "new.txt").write_text("new")
    create_repository(repository, modules=modules, example=example)
    work.git("pull", "--quiet", "--no-rebase", "--no-edit", str(repository), "example")
    work.git("push", "--quiet", str(repository), "HEAD:main")
    assert create_repository(repository, modules=modules, example=example) == work.head
    files = git(repository, "ls-tree", "--name-only", "main").splitlines()
    assert {"mine.txt", "new.txt"} <= set(files)


def test_settings_of_the_user_change_nothing(
    tmp_path: Path, modules: dict[str, Path], example: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = create_repository(tmp_path / "a.git", modules=modules, example=example)
    settings = tmp_path / "gitconfig"
    settings.write_text("[user]\nname = Me\n[core]\nexcludesFile = /dev/stdin\n[commit]\ngpgSign = true\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Me")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert create_repository(tmp_path / "b.git", modules=modules, example=example) == plain


def test_two_at_once_end_with_one_commit(tmp_path: Path, modules: dict[str, Path], example: Path) -> None:
    def make(_run: int) -> str:
        return create_repository(tmp_path / "a.git", modules=modules, example=example)

    with ThreadPoolExecutor(4) as pool:
        commits = set(pool.map(make, range(4)))
    assert commits == {git(tmp_path / "a.git", "rev-parse", "main")}
    assert [p.name for p in tmp_path.glob("a.git*")] == ["a.git"]


def test_a_place_taken_by_something_else_is_left_alone(tmp_path: Path, modules: dict[str, Path]) -> None:
    (tmp_path / "a.git").mkdir()
    (tmp_path / "a.git" / "thesis.txt").write_text("years of work")
    with pytest.raises(AccessError, match="not a bare Git repository"):
        create_repository(tmp_path / "a.git", modules=modules)
    assert [p.name for p in (tmp_path / "a.git").iterdir()] == ["thesis.txt"]


def test_a_missing_module_is_named_with_the_command_that_gets_it(
    tmp_path: Path, modules: dict[str, Path]
) -> None:
    module = MODULES[0]
    del modules[module]
    with pytest.raises(NotFoundError, match=f"go mod download -json {module}"):
        create_repository(tmp_path / "a.git", modules=modules)
    assert not (tmp_path / "a.git").exists()


def test_a_module_cut_off_while_downloading_is_named(tmp_path: Path, modules: dict[str, Path]) -> None:
    (modules[MODULES[2]] / "helm/sealed-secrets/crds/bitnami.com_sealedsecrets.yaml").unlink()
    with pytest.raises(NotFoundError, match="sealed-secrets"):
        create_repository(tmp_path / "a.git", modules=modules)


def test_without_the_example_the_error_says_where_it_was_looked_for(
    tmp_path: Path, modules: dict[str, Path]
) -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        create_repository(tmp_path / "a.git", modules=modules, example=tmp_path / "nowhere")
