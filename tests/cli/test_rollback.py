"""Going back by a commit, or by a pin: what is shown, what is asked, what is pushed, and what is refused."""

from __future__ import annotations

import json
import sys
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from gitops.engine import history as engine
from gitops.model.deployment import Deployment, Intent
from gitops.source.stackfile import stack_values
from tests.git_repository import GitRepository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]


def config_map(name: str, value: str) -> str:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": value}}
    return json.dumps(body)


class World:
    """Two applications at three commits, each deployed and in the history; pushes go to a bare repository."""

    def __init__(self, folder: Path) -> None:
        self.work = GitRepository(folder / "work")
        self.commits = []
        for number, names in enumerate((("api", "web"), ("web",), ("api",)), 1):
            for name in names:
                self.work.write(f"k8s/02-apps/{name}/x.yaml", config_map(name, str(number)))
            self.commits.append(self.work.commit(f"Number {number}"))
        self.history = [
            self.deployment(3, "api"),
            self.deployment(2, "web"),
            self.deployment(1, "api", "web"),
        ]
        self.origin = folder / "origin.git"
        self.work.git("clone", "--quiet", "--bare", str(self.work.path), str(self.origin))
        self.project = folder / "project"
        self.project.mkdir()
        self.follow("main")

    def follow(self, revision: str) -> None:
        (self.project / "Pulumi.test.yaml").write_text(
            f"config:\n  gitops:repository: {self.origin.as_uri()}\n  gitops:revision: {revision} # here\n"
        )

    def deployment(self, number: int, *names: str, outcome: str = "Succeeded") -> Deployment:
        intent = Intent(f"op{number}", "ada@laptop", "main", self.commits[number - 1], names)
        return Deployment(number, "update", intent, "Sync", "", "", outcome)

    def told(self, *words: str) -> str:
        return self.work.git("--git-dir", str(self.origin), *words)

    def value(self, name: str, branch: str = "main") -> str:
        return str(json.loads(self.told("show", f"{branch}:k8s/02-apps/{name}/x.yaml"))["data"]["a"])


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    world = World(tmp_path)
    monkeypatch.setattr(engine, "history", lambda *_: tuple(world.history))
    return world


@pytest.fixture
def run(world: World, gitops: Run) -> Run:
    return lambda *words: gitops("--project", str(world.project), *words, "--stack", "test")


def test_an_application_goes_back_to_its_last_good_deployment(run: Run, world: World) -> None:
    code, out, err = run("app", "rollback", "web", "--yes")

    assert code == 0, err
    assert '-  a: "2"' in out.replace("'", '"')
    assert '+  a: "1"' in out.replace("'", '"')
    assert out.splitlines()[-1].endswith(" to main")
    assert (world.value("web"), world.value("api")) == ("1", "3")
    assert world.told("log", "-1", "--format=%s", "main") == f"Roll web back to {world.commits[0][:12]}"
    assert world.told("rev-parse", "main~1") == world.commits[2]


def test_a_failed_deployment_is_nothing_to_go_back_to(run: Run, world: World) -> None:
    world.history = [
        world.deployment(3, "web"),
        world.deployment(2, "web", outcome="Failed"),
        world.deployment(1, "web"),
    ]
    assert run("app", "rollback", "web", "--yes")[0] == 0
    assert world.value("web") == "1"


@pytest.mark.parametrize("to", ["number", "commit", "tag"])
def test_it_goes_where_it_is_told(run: Run, world: World, to: str) -> None:
    world.told("tag", "v1", world.commits[0])
    where = {"number": "1", "commit": world.commits[0], "tag": "v1"}[to]
    assert run("app", "rollback", "api", "--to", where, "--yes")[0] == 0
    assert (world.value("api"), world.value("web")) == ("1", "2")


def test_a_branch_for_review_leaves_the_stack_s_own_alone(run: Run, world: World) -> None:
    assert run("app", "rollback", "web", "--branch", "back", "--yes")[0] == 0
    assert (world.value("web", "back"), world.value("web")) == ("1", "2")
    assert world.told("rev-parse", "main") == world.commits[2]


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_nothing_is_pushed_without_a_yes(
    run: Run, world: World, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO(answer))
    code, out, _ = run("app", "rollback", "web")
    assert code == 130
    assert "a: " in out
    assert world.told("rev-parse", "main") == world.commits[2]


def test_a_stack_goes_back_as_a_whole(run: Run, world: World) -> None:
    assert run("stack", "rollback", "--to", "1", "--yes")[0] == 0
    assert (world.value("api"), world.value("web")) == ("1", "1")


def test_a_pin_changes_the_stack_s_file_and_no_branch(run: Run, world: World) -> None:
    code, out, _ = run("stack", "rollback", "--to", "2", "--pin", "--yes")

    assert (code, "follows" in out) == (0, True)
    assert stack_values("test", world.project)["revision"] == world.commits[1]
    assert "# here" in (world.project / "Pulumi.test.yaml").read_text()
    assert world.told("rev-parse", "main") == world.commits[2]


def test_what_is_as_it_was_is_left_alone(run: Run, world: World) -> None:
    code, _, err = run("app", "rollback", "web", "--to", world.commits[1], "--yes")
    assert (code, "already" in err) == (0, True)
    assert world.told("rev-parse", "main") == world.commits[2]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("app", "rollback", "nobody", "--to", "1"), 6, "no application nobody"),
        (("app", "rollback", "web", "--to", "9"), 6, "no deployment 9"),
        (("app", "rollback", "web", "--to", "--evil"), 2, "is not a branch, tag or commit"),
        (("app", "rollback", "web", "--to", "f" * 40), 6, "has no revision"),
        (("stack", "rollback", "--to", "1", "--pin", "--branch", "x"), 2, "--pin changes no branch"),
    ],
)
def test_what_can_not_be_is_told(
    run: Run, world: World, words: tuple[str, ...], code: int, says: str
) -> None:
    found, _, err = run(*words, "--yes")
    assert (found, says in err) == (code, True), err
    assert world.told("rev-parse", "main") == world.commits[2]


def test_a_first_deployment_has_nothing_before_it(run: Run, world: World) -> None:
    world.history = world.history[-1:]
    assert "no earlier good deployment" in run("app", "rollback", "web", "--yes")[2]


def test_a_stack_that_follows_no_branch_is_not_pushed_to(run: Run, world: World) -> None:
    world.follow(world.commits[2])
    code, _, err = run("app", "rollback", "web", "--to", "1", "--yes")
    assert (code, "is no branch" in err) == (5, True)


def test_an_application_that_came_from_more_than_its_folder_is_refused(run: Run, world: World) -> None:
    kustomization = "resources: [../../../base]\n"
    world.work.write("k8s/02-apps/web/kustomization.yaml", kustomization)
    for value in ("1", "2"):
        world.work.write("base/x.yaml", config_map("shared", value))
        world.work.write("base/kustomization.yaml", "resources: [x.yaml]\n")
        world.commits.append(world.work.write("k8s/02-apps/web/n", value).commit())
    world.work.git("push", "--quiet", str(world.origin), "main")

    code, _, err = run("app", "rollback", "web", "--to", world.commits[-2], "--yes")

    assert (code, "would not become what it was" in err) == (5, True), err
